/**
 * The terminal's own styles, under the page's content security policy. xterm.js writes rules into <style> elements that it makes,
 * and colours into its spans' style attributes, both of which the policy forbids. While a terminal is there, the same rules go
 * into constructed style sheets and the same colours into the spans' style objects: the page's own doing, and allowed.
 */

const created = (name: string, options?: ElementCreationOptions): HTMLElement =>
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- only the overload for tags without a name of their own is
  Document.prototype.createElement.call(document, name, options);

let terminals = 0;

function setAttribute(this: HTMLSpanElement, name: string, value: string): void {
  if (name === 'style') this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}

/** Run `open`, which opens a terminal; what is returned takes its rules away again. */
export function withStyles(open: () => void): () => void {
  const sheets: CSSStyleSheet[] = [];
  const styleElement = (): HTMLElement => {
    const sheet = new CSSStyleSheet();
    const element = created('span');
    element.hidden = true;
    Object.defineProperty(element, 'textContent', { set: (text: string) => sheet.replaceSync(text) });
    sheets.push(sheet);
    document.adoptedStyleSheets.push(sheet);
    return element;
  };
  if (terminals++ === 0) Object.defineProperty(HTMLSpanElement.prototype, 'setAttribute', { configurable: true, value: setAttribute });
  // a property of the document itself, before that of its prototype, for as long as `open` runs
  Object.defineProperty(document, 'createElement', {
    configurable: true,
    value: (name: string, options?: ElementCreationOptions) => (name === 'style' ? styleElement() : created(name, options)),
  });
  try {
    open();
  } finally {
    Reflect.deleteProperty(document, 'createElement');
  }
  return () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => !sheets.includes(sheet));
    if (--terminals === 0) Reflect.deleteProperty(HTMLSpanElement.prototype, 'setAttribute');
  };
}
