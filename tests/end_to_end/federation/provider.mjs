// An OpenID Connect provider over TLS: node provider.mjs FOLDER CERTIFICATE KEY. Prints its issuer once it listens.
// People sign in by its development pages: whoever names himself ann is ann.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { pathToFileURL } from "node:url";

const [folder, certificate, key] = process.argv.slice(2);
const { Provider } = await import(pathToFileURL(`${folder}/node_modules/oidc-provider/lib/index.js`).href);

const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) });
server.listen(0, "127.0.0.1", () => {
  const issuer = `https://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "lab",
        client_secret: "not much of a secret",
        redirect_uris: ["https://127.0.0.1:1/signed-in"],
        grant_types: ["authorization_code"],
        response_types: ["code"],
      },
    ],
    cookies: { keys: ["only for a test"] },
    pkce: { required: () => false },
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
