// What Alexa would send to the bench's skill, signed, with a chain of the bench's own: root, middle and leaf in the
// folder (made by openssl). Usage: node sign.js FOLDER COUNT TAG. Writes FOLDER/requests: two lines for each request,
// signature and body, all of them of now, so they are good for 150 seconds.
const crypto = require('crypto');
const fs = require('fs');

const [folder, count, tag] = process.argv.slice(2);
const key = crypto.createPrivateKey(fs.readFileSync(`${folder}/leaf.key`));
const queries = ['almond milk', 'headphones', 'running shoes', 'green tea', 'dog food', 'coffee beans', 'paper towels', 'olive oil'];
const slot = (name, value) => ({ [name]: { name, value, confirmationStatus: 'NONE' } });
const intent = (name, slots) => ({ type: 'IntentRequest', dialogState: 'COMPLETED', intent: { name, confirmationStatus: 'NONE', slots } });
// The same mix as alexa.lua's.
const kinds = [{ type: 'LaunchRequest' }, intent('AMAZON.HelpIntent', {}),
  ...Array(3).fill(intent('TrackOrderIntent', slot('OrderNumber', '40119')))];
const application = { applicationId: 'amzn1.ask.skill.bench' }, user = { userId: 'amzn1.ask.account.BENCH' };

const out = fs.createWriteStream(`${folder}/requests`);
for (let n = 0; n < Number(count); n++) {
  const request = kinds[n % 8] || intent('SearchProductIntent', slot('Query', queries[n % queries.length]));
  // As alexa.lua: 500 conversations at once, of 16 turns each.
  const conversation = Math.floor(n / 8000) * 500 + (n % 500);
  const body = JSON.stringify({
    version: '1.0', session: { new: n % 8000 < 500, sessionId: `bench.${tag}.${conversation}`, application, user },
    context: { System: { application, user, device: { deviceId: 'bench', supportedInterfaces: {} }, apiEndpoint: 'https://api.amazonalexa.com' } },
    request: { ...request, requestId: `amzn1.echo-api.request.${tag}-${n}`, timestamp: new Date().toISOString(), locale: 'en-US' },
  });
  out.write(`${crypto.sign('sha256', body, key).toString('base64')}\n${body}\n`);
}
out.end();
