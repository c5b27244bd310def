// The chat box: an open shadow root on every page. Answers come from a list; nothing leaves the browser.
const style = `
:host{position:fixed;right:max(1rem,env(safe-area-inset-right));bottom:1rem;z-index:40;font:inherit;color:var(--ink)}
button{font:inherit;cursor:pointer;border:0}
.opener{display:flex;gap:.5rem;align-items:center;padding:.7rem 1.1rem;border-radius:2rem;background:var(--green);color:var(--on-green);box-shadow:0 6px 20px #0003}
.opener svg{width:1.2rem;height:1.2rem;fill:none;stroke:currentColor;stroke-width:2}
button:focus-visible,textarea:focus-visible,.log:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
.panel{width:min(21rem,calc(100vw - 2rem));height:min(27rem,calc(100vh - 7rem));display:flex;flex-direction:column;background:var(--card);border:1px solid var(--line);border-radius:14px;box-shadow:0 18px 50px #0005;overflow:hidden}
.panel[hidden]{display:none}
header{display:flex;justify-content:space-between;align-items:center;padding:.7rem 1rem;background:var(--green);color:var(--on-green)}
header button{background:none;color:inherit;font-size:1.3rem;line-height:1;padding:.2rem .4rem}
.log{flex:1;overflow-y:auto;padding:1rem;display:flex;flex-direction:column;gap:.6rem;margin:0;list-style:none;font-size:.94rem}
li{max-width:85%;padding:.55rem .8rem;border-radius:12px;background:var(--wash);overflow-wrap:anywhere;white-space:pre-wrap}
li.me{align-self:flex-end;background:var(--green);color:var(--on-green)}
li.typing{opacity:.6;font-style:italic}
.quick{display:flex;gap:.4rem;flex-wrap:wrap;padding:0 1rem .6rem}
.quick button{border:1px solid var(--line);background:none;color:inherit;border-radius:1rem;padding:.25rem .7rem;font-size:.85rem}
form{display:flex;gap:.5rem;border-top:1px solid var(--line);padding:.6rem}
textarea{flex:1;resize:none;font:inherit;padding:.45rem .6rem;border-radius:8px;border:1px solid var(--edge);background:var(--paper);color:inherit}
form button{background:var(--green);color:var(--on-green);border-radius:8px;padding:0 .9rem}
@media (max-width:40rem){.opener{padding:.8rem}.opener span{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}}
@media print{:host{display:none}}`;

const answers = [
  [/deliver|ship|arrive|post/i, "Orders placed before 2 pm leave Penryn the same day. Standard delivery takes two to three working days; it is free over £60."],
  [/return|refund|broken/i, "You have 60 days to send anything back, used or not. If it broke, tell us how: we would rather mend it."],
  [/part|repair|spare|mend/i, "Every product page lists its spare parts. Lids, knobs, handles and springs are usually in stock."],
  [/stock|available/i, "If a page says out of stock, the next batch is normally three weeks away. Shall I add you to the list?"],
  [/hello|hi\b|morning|evening/i, "Hello! Morwenna here. What can I help you with?"],
  [/thank/i, "You are very welcome."],
];

customElements.define("pw-chat", class extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    const root = this.attachShadow({ mode: "open" });
    root.innerHTML = `<style>${style}</style>
<button class="opener" id="chat-open" type="button" aria-expanded="false" part="opener"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 4h16v12H10l-5 4v-4H4z"/></svg><span>Chat</span></button>
<section class="panel" id="chat-panel" role="dialog" aria-label="Chat with the shop" hidden>
  <header><slot name="title">Ask the workshop</slot><button id="chat-close" type="button" aria-label="Close chat">×</button></header>
  <ol class="log" id="chat-log" role="log" aria-live="polite" tabindex="0" aria-label="Messages"><li>Hello, this is Morwenna at Pellwick. We answer until six.</li></ol>
  <div class="quick"><button type="button">When will it arrive?</button><button type="button">Spare parts</button></div>
  <form id="chat-form"><textarea id="chat-text" rows="1" aria-label="Your message" placeholder="Write a message"></textarea><button id="chat-send" type="submit">Send</button></form>
</section>`;
    const find = (id) => root.getElementById(id);
    const panel = find("chat-panel");
    const opener = find("chat-open");
    const toggle = (open) => {
      panel.hidden = !open;
      opener.hidden = open;
      opener.style.display = open ? "none" : "";
      opener.setAttribute("aria-expanded", open);
      (open ? find("chat-text") : opener).focus();
    };
    opener.addEventListener("click", () => toggle(true));
    find("chat-close").addEventListener("click", () => toggle(false));
    panel.addEventListener("keydown", (event) => event.key === "Escape" && toggle(false));
    const say = (text, kind) => {
      const item = document.createElement("li");
      if (kind) item.className = kind;
      item.textContent = text;
      const log = find("chat-log");
      log.append(item);
      log.scrollTop = log.scrollHeight;
      return item;
    };
    const send = (text) => {
      if (!text.trim()) return;
      say(text.trim(), "me");
      const [, answer] = answers.find(([pattern]) => pattern.test(text)) ?? [0, "Good question. Let me ask in the workshop; I will write to you by this evening."];
      const typing = say("Morwenna is typing…", "typing");
      shop.later(() => {
        typing.remove();
        say(answer);
      }, 900);
    };
    find("chat-form").addEventListener("submit", (event) => {
      event.preventDefault();
      send(find("chat-text").value);
      find("chat-text").value = "";
    });
    find("chat-text").addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey) return;
      event.preventDefault();
      find("chat-form").requestSubmit();
    });
    for (const button of root.querySelectorAll(".quick button")) button.addEventListener("click", () => send(button.textContent));
  }
});
