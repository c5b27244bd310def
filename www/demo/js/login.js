// Any address and any password of eight characters get in. Neither is kept: the shop remembers the part before the @.
const find = (id) => document.getElementById(id);
const password = find("password");
let creating = false;

find("show-password").addEventListener("click", (event) => {
  const show = password.type === "password";
  password.type = show ? "text" : "password";
  event.currentTarget.textContent = show ? "Hide" : "Show";
  event.currentTarget.setAttribute("aria-pressed", show);
  password.focus();
});

function mode(create) {
  creating = create;
  find("mode-new").setAttribute("aria-pressed", create);
  find("mode-in").setAttribute("aria-pressed", !create);
  find("name-field").hidden = find("strength-field").hidden = !create;
  find("login-title").textContent = create ? "Nice to meet you" : "Welcome back";
  find("login-submit").textContent = create ? "Create account" : "Sign in";
  find("forgot").hidden = create;
  password.autocomplete = create ? "new-password" : "current-password";
}
find("mode-in").addEventListener("click", () => mode(false));
find("mode-new").addEventListener("click", () => mode(true));

const words = ["Too short", "Weak", "Fair", "Good", "Strong"];
function strength(text) {
  if (text.length < 8) return 0;
  return 1 + (text.length >= 12) + (/[^a-z]/i.test(text) ? 1 : 0) + (/[a-z]/.test(text) && /[A-Z]/.test(text) ? 1 : 0);
}
password.addEventListener("input", () => {
  const score = strength(password.value);
  find("strength").value = score;
  find("strength-text").textContent = words[score];
  if (password.getAttribute("aria-invalid") === "true") check();
});

function mark(field, message) {
  field.setAttribute("aria-invalid", message !== "");
  find(`${field.id}-error`).textContent = message;
  return message;
}

function check() {
  const email = find("email");
  return [
    mark(email, email.value === "" ? "Enter your e-mail address." : email.validity.valid ? "" : "That does not look like an e-mail address."),
    mark(password, password.value === "" ? "Enter your password." : password.value.length < 8 ? "At least eight characters." : ""),
  ].filter(Boolean);
}

find("login-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const problems = check();
  const alert = find("login-alert");
  alert.hidden = problems.length === 0;
  alert.innerHTML = `<strong>Please look again:</strong><ul>${problems.map((problem) => `<li>${problem}</li>`).join("")}</ul>`;
  if (problems.length) {
    document.querySelector("#login-form [aria-invalid=true]").focus();
    return;
  }
  const name = (creating && find("name").value.trim()) || find("email").value.split("@")[0];
  shop.write("pw-user", { name, remember: find("remember").checked });
  find("login-submit").disabled = true;
  find("login-submit").textContent = "One moment…";
  shop.later(() => location.assign(shop.cart.count() ? "checkout.html" : "app.html"), 500);
});

find("forgot").addEventListener("click", () => shop.toast("We have written to you, if we know that address."));
