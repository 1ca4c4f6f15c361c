const http = require("http");

const server = http.createServer((request, response) => response.end(`served on ${process.env.PORT}\n`));
server.listen(process.env.PORT, "127.0.0.1", () => console.log(`listens on ${process.env.PORT}`));
process.on("SIGTERM", () => server.close(() => process.exit(0)));
