// What fields and echoes share: a field may say how it is read and where it is heard, an echo is a function of the value.
const field = window.field ?? document.getElementById("f");
const read = window.read ?? (() => field.value ?? field.textContent);
const heard = window.heard ?? field;
const whenTyping = () => heard.addEventListener("input", () => echo(read()));
const whenLeft = () => heard.addEventListener("focusout", () => echo(read()));
const whenPressed = () => addEventListener("click", (event) => event.target.id == "go" && echo(read()));
const whenLater = () => heard.addEventListener("input", () => setTimeout(() => echo(read()), 400));
