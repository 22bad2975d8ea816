// A real OpenID Connect provider for the tests, on loopback: node provider.mjs <packages> <port>.
// Its people stand in a JSON object in the environment variable PEOPLE: {"emma": {claims}}.
// Whoever it asks is signed in as `login_hint`, without a password and without a question.
// CLIENTS may hold more clients, as a JSON list of their metadata.
import path from "node:path";
import { pathToFileURL } from "node:url";

const [packages, port] = process.argv.slice(2);
const entry = path.join(packages, "node_modules", "oidc-provider", "lib", "index.js");
const { Provider } = await import(pathToFileURL(entry).href);

const people = JSON.parse(process.env.PEOPLE);
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "kianda",
      client_secret: "a-secret-of-the-tests-0123456789abcdef",
      redirect_uris: JSON.parse(process.env.REDIRECTS),
      token_endpoint_auth_method: process.env.AUTH_METHOD ?? "client_secret_basic",
    },
    ...JSON.parse(process.env.CLIENTS ?? "[]"),
  ],
  claims: {
    openid: ["sub"],
    email: ["email", "email_verified"],
    profile: ["name", "given_name", "family_name", "preferred_username", "groups"],
  },
  conformIdTokenClaims: false,
  cookies: { keys: ["of no use outside of the tests"] },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    revocation: { enabled: true },
  },
  findAccount: (_context, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, ...people[id] }),
  }),
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  scopes: ["openid", "offline_access", "read"],
});

// Each interaction is done at once: the person of whom the next sign-in is, with every consent.
let next = Object.keys(people)[0];
provider.use(async (context, go) => {
  if (context.path === "/next") {
    next = context.query.person;
    context.body = next;
    return undefined;
  }
  if (!context.path.startsWith("/interaction/")) return go();
  const { prompt, params, session } = await provider.interactionDetails(context.req, context.res);
  if (next === "nobody") {
    const refused = { error: "access_denied", error_description: "The person has cancelled." };
    return provider.interactionFinished(context.req, context.res, refused);
  }
  if (prompt.name === "login") {
    const result = { login: { accountId: next } };
    return provider.interactionFinished(context.req, context.res, result);
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope("openid profile email offline_access");
  const result = { consent: { grantId: await grant.save() } };
  return provider.interactionFinished(context.req, context.res, result);
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
