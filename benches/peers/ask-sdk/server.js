// The sample shop's skill as one writes it with Amazon's SDK: launch, search, order tracking, help, stop, fallback.
// The catalogue and the orders are in memory and nothing is stored, which favours this side of the comparison.
// Usage: node server.js PORT SAMPLE_SHOP_FOLDER [CHAIN_FOLDER]
const fs = require('fs');
const Module = require('module');

// The adapter trusts Node's roots and fetches chains from Amazon. For the bench, and for its verifier alone, one root is
// added and the fetch is answered from a file; all it checks, it checks as ever.
const folder = process.argv[4];
const original = Module.prototype.require;
if (folder) {
  const { Readable } = require('stream');
  Module.prototype.require = function (id) {
    const found = original.apply(this, arguments);
    if (!this.filename.includes('ask-sdk-express-adapter')) return found;
    if (id === 'tls') return { rootCertificates: [...found.rootCertificates, fs.readFileSync(`${folder}/root.pem`, 'utf8')] };
    if (id !== 'https') return found;
    return { ...found, get: (url, done) => {
      const answer = Readable.from([fs.readFileSync(`${folder}/chain.pem`)]);
      answer.statusCode = 200;
      setImmediate(done, answer);
      return { on() {}, end() {} };
    } };
  };
}
const express = require('express');
const Alexa = require('ask-sdk-core');
const { ExpressAdapter } = require('ask-sdk-express-adapter');

const [port, shop, chain] = process.argv.slice(2);

const csv = (text) => {
  const rows = [[]];
  let cell = '', quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) { if (c === '"' && text[i + 1] === '"') { cell += '"'; i++; } else if (c === '"') quoted = false; else cell += c; }
    else if (c === '"') quoted = true;
    else if (c === ',') { rows.at(-1).push(cell); cell = ''; }
    else if (c === '\n') { rows.at(-1).push(cell); cell = ''; rows.push([]); }
    else if (c !== '\r') cell += c;
  }
  const [head, ...body] = rows.filter((r) => r.length > 1);
  return body.map((r) => Object.fromEntries(head.map((h, i) => [h, r[i]])));
};
const products = csv(fs.readFileSync(`${shop}/products.csv`, 'utf8')).map((p) => ({ ...p, words: `${p.title} ${p.brand} ${p.category}`.toLowerCase() }));
const orders = fs.readFileSync(`${shop}/orders.jsonl`, 'utf8').trim().split('\n').map((l) => JSON.parse(l)).filter((o) => o.customer === 'ada');

const search = (query) => {
  const words = query.toLowerCase().split(/\s+/).map((w) => w.replace(/s$/, ''));
  return products.filter((p) => words.every((w) => p.words.includes(w))).slice(0, 3);
};
const is = (input, intent) => Alexa.getRequestType(input.requestEnvelope) === 'IntentRequest' && Alexa.getIntentName(input.requestEnvelope) === intent;
const escape = (s) => Alexa.escapeXmlCharacters(s);
const handler = (canHandle, handle) => ({ canHandle, handle });

const handlers = [
  handler((i) => Alexa.getRequestType(i.requestEnvelope) === 'LaunchRequest',
    (i) => i.responseBuilder.speak('Welcome to the shop. What are you looking for?').reprompt('What are you looking for?').getResponse()),
  handler((i) => is(i, 'SearchProductIntent'), (i) => {
    const query = Alexa.getSlotValue(i.requestEnvelope, 'Query') || '';
    const found = search(query);
    const attributes = i.attributesManager.getSessionAttributes();
    attributes.results = found.map((p) => p.id);
    i.attributesManager.setSessionAttributes(attributes);
    if (!found.length) return i.responseBuilder.speak(`I found nothing for ${escape(query)}.`).reprompt('Anything else?').getResponse();
    const list = found.map((p, n) => `${n + 1}: ${escape(p.spoken_name || p.title)}, ${p.price} dollars`).join('. ');
    return i.responseBuilder.speak(`I found ${found.length}. ${list}. Which one?`).reprompt('Which one?').withSimpleCard('Results', list).getResponse();
  }),
  handler((i) => is(i, 'TrackOrderIntent'), (i) => {
    const number = Alexa.getSlotValue(i.requestEnvelope, 'OrderNumber');
    const order = number ? orders.find((o) => o.number === number) : orders[0];
    if (!order) return i.responseBuilder.speak('I cannot find that order.').reprompt('Which number is it?').getResponse();
    return i.responseBuilder.speak(`Order ${order.number} is ${order.status.replace(/_/g, ' ')}.`).reprompt('Anything else?').withSimpleCard(`Order ${order.number}`, order.status).getResponse();
  }),
  handler((i) => is(i, 'AMAZON.HelpIntent'), (i) => i.responseBuilder.speak('You can search for a product or track an order.').reprompt('What would you like?').getResponse()),
  handler((i) => is(i, 'AMAZON.StopIntent'), (i) => i.responseBuilder.speak('Goodbye.').withShouldEndSession(true).getResponse()),
  handler((i) => Alexa.getRequestType(i.requestEnvelope) === 'SessionEndedRequest', (i) => i.responseBuilder.getResponse()),
  handler(() => true, (i) => i.responseBuilder.speak('Sorry, I did not understand.').reprompt('Please try again.').getResponse()),
];

const skill = Alexa.SkillBuilders.custom().addRequestHandlers(...handlers).addErrorHandlers(handler(() => true, (i) => i.responseBuilder.speak('Sorry.').getResponse())).create();
// With a folder, both sides verify, and the chain is the bench's own; without one, neither does.
const app = express();
app.post('/alexa', new ExpressAdapter(skill, Boolean(chain), Boolean(chain)).getRequestHandlers());
app.listen(Number(port), '127.0.0.1', () => console.log('ready'));
