/** Turns `<news-qa>` in a page that may not embed it into what its operator has to do. */

class Barred extends HTMLElement {
  connectedCallback() {
    const tag = this.closest("[lang]")?.getAttribute("lang") || navigator.language;
    this.textContent = /^zh/i.test(tag)
      ? `这个网站（${origin}）还不能使用 newsqa，需要在 newsqa 服务器的 NEWSQA_ORIGINS 中加入它。`
      : `This site, ${origin}, may not use newsqa yet: add it to NEWSQA_ORIGINS of the newsqa server.`;
  }
}

customElements.define("news-qa", Barred);
