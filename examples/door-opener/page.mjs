const escaped = (text) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** The whole page. @param form whom it greets, and the token of the form; without it there is no form */
export const page = ({ message, nonce, form }) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Door</title>
<style nonce="${nonce}">
  :root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif; }
  body { display: grid; place-content: center; min-height: 90vh; margin: 0; text-align: center; }
  form { display: grid; gap: 1rem; }
  input, button { font: inherit; padding: 0.8rem; border-radius: 0.6rem; border: 1px solid; text-align: center; }
  button { background: #14532d; color: white; }
  p { min-height: 1.5em; }
</style>
<h1>Door</h1>
<p role="status">${escaped(message)}</p>
${form ? formOf(form) : ''}
</html>
`;

const formOf = ({ name, token }) => `<form method="post" action="/">
  <label for="pin">PIN of ${escaped(name)}</label>
  <input id="pin" name="pin" type="password" inputmode="numeric" autocomplete="off" required autofocus>
  <input type="hidden" name="token" value="${token}">
  <button>Open</button>
</form>`;
