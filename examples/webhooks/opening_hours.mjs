// An intent of a Voicecart skill, answered in Node: no packages. The same service as opening_hours.py.
// Run it with the secret that webhooks.toml names: HOURS_SECRET=... node opening_hours.mjs 9000

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const secret = process.env.HOURS_SECRET;
const hours = { saturday: "from ten to four", sunday: "not at all" };

function signedByVoicecart(header, body) {
  const parts = Object.fromEntries(header.split(",").map((part) => part.split("=", 2)));
  const made = createHmac("sha256", secret).update(`${parts.t}.`).update(body).digest();
  const given = Buffer.from(parts.v1 ?? "", "hex");
  // Five minutes: an old request that somebody recorded is worth nothing.
  const fresh = Math.abs(Date.now() / 1000 - Number(parts.t)) < 300;
  return fresh && given.length === made.length && timingSafeEqual(given, made);
}

const server = createServer((request, response) => {
  const pieces = [];
  request.on("data", (piece) => pieces.push(piece));
  request.on("end", () => {
    const body = Buffer.concat(pieces);
    const answer = (status, value) =>
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
    if (!signedByVoicecart(request.headers["voicecart-signature"] ?? "", body)) {
      return answer(401, { error: "not signed" });
    }
    const slots = Object.fromEntries(JSON.parse(body).slots.map((slot) => [slot.name, slot.value]));
    const day = (slots.Day ?? "monday").toLowerCase();
    const name = day[0].toUpperCase() + day.slice(1);
    const speech = `On ${name} we are open ${hours[day] ?? "from nine to six"}. Is there anything else?`;
    return answer(200, { speech, reprompt: "What else would you like?" });
  });
});

server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
