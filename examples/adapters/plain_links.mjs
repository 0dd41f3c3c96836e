// mmx-cli makes https of every link to a file that begins with http, and the kit's servers speak http. Loaded before it, with
// NODE_OPTIONS="--import …/plain_links.mjs", this makes http of it again, for links to this machine, and so shows what lies
// behind. Calls of the API, which have headers where downloads have none, stay as they are.
const real = globalThis.fetch;
const HERE = /^https:\/\/(127\.0\.0\.1|localhost):/;
globalThis.fetch = (address, options) =>
  real(options?.headers ? address : String(address).replace(HERE, "http://$1:"), options);
