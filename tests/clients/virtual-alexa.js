// Bespoken's virtual-alexa holds conversations with a running server: it reads the exported interaction model, makes
// the requests Alexa would make of what is said, and keeps the session. Arguments: model file, address of the Alexa
// door. Prints one line of JSON a turn: {"title", "said", "answer"}. Exits 1 where an answer is not as expected.
"use strict";

const { VirtualAlexa } = require("virtual-alexa");

const [model, url] = process.argv.slice(2);
const ADA = "ada";

// Title, who speaks (a stranger where nobody is named), and what is said with what must be heard.
// "open" is a launch; what virtual-alexa's own matching cannot tell from another sentence is said as {intent, slots}.
// It takes every sentence with "ask" in it for an invocation, "basket" too, so that everybody has a cart here.
const conversations = [
  ["opens and helps", null, [["open", /Hello\. You can find a product/], ["help", /You can say: find coffee/]]],
  ["finds by free words", null, [["search for almond milk", /almond milk/i]]],
  ["finds by a known product", null, [["find coffee", /coffee/i]]],
  ["finds below a price", null, [["find green tea under 10 dollars", /tea/i]]],
  ["narrows", null, [["find running shoes", /shoes/i], ["only the black ones", /./]]],
  ["sorts", null, [["find coffee", /coffee/i], ["sort by cheapest", /Cheapest first/i]]],
  ["pages forward and back", null, [["search for tea", /found/i], ["next page", /Here (are|is)/], ["previous page", /./]]],
  ["chooses from a list", null, [["find coffee", /coffee/i], [{ intent: "ChooseResultIntent", slots: { Ordinal: "1" } }, /dollars/]]],
  ["tells the price", null, [["find coffee", /coffee/i], [{ intent: "ProductPriceIntent", slots: { Ordinal: "2" } }, /dollars/]]],
  ["tells the stock", null, [["find headphones", /headphones/i], [{ intent: "ProductStockIntent", slots: { Ordinal: "1" } }, /stock/i]]],
  ["adds and reads the basket", null, [
    ["add 2 bananas to my cart", /bananas/i],
    ["show my cart", /bananas/i],
  ]],
  ["removes from the basket", null, [
    ["add eggs to my cart", /eggs/i],
    ["remove eggs from my cart", /egg/i],
    ["show my cart", /empty/i],
  ]],
  ["empties the basket after a yes", null, [
    ["add eggs to my cart", /eggs/i],
    ["empty my cart", /\?/],
    ["yes", /empty/i],
  ]],
  ["buys after a yes", null, [["buy bananas", /Shall I place the order\?/], ["yes", /order/i]]],
  ["does not buy after a no", null, [["buy bananas", /Shall I place the order\?/], ["no", /haven't ordered anything/]]],
  ["drops the offer when the subject changes", null, [
    ["buy bananas", /Shall I place the order\?/],
    ["show my cart", /empty/i],
    ["yes", /no question open/],
  ]],
  ["checks out", null, [["add eggs to my cart", /eggs/i], ["check out", /Shall I place/], ["yes", /order/i]]],
  ["repeats", null, [["find coffee", /coffee/i], ["say that again", /coffee/i]]],
  ["slows down", null, [["speak slower", /slow/i]]],
  ["does not know everything", null, [["open", /Hello/], [{ intent: "AMAZON.FallbackIntent" }, /can't help with that/]]],
  ["tracks an order", ADA, [["where is my order", /arrive|deliver/i]]],
  ["tracks by number", ADA, [[{ intent: "TrackOrderIntent", slots: { OrderNumber: "58672" } }, /58672|order/i]]],
  ["lists orders", ADA, [["show me my orders", /order/i]]],
  ["orders the usual", ADA, [["order the usual", /Shall I place|usual/i], ["no", /./]]],
  ["buys again", ADA, [["buy dog food again", /dog food/i], ["no", /./]]],
  ["says good bye", null, [["open", /Hello/], ["stop", /Goodbye/]]],
];

async function say(alexa, words) {
  if (words === "open") return alexa.launch();
  if (typeof words === "object") return alexa.intend(words.intent, words.slots);
  return alexa.utter(words);
}

async function main() {
  let bad = 0;
  for (const [index, [title, user, turns]] of conversations.entries()) {
    const alexa = VirtualAlexa.Builder().interactionModelFile(model).skillURL(url).create();
    alexa.context().user().setID(user ?? `amzn1.ask.account.stranger-${index}`);
    for (const [said, expected] of turns) {
      const answer = await say(alexa, said);
      const ssml = answer.response?.outputSpeech?.ssml ?? "";
      const heard = ssml.replace(/<[^>]*>/g, " ").replace(/&apos;/g, "'").replace(/\s+/g, " ").trim();
      const ok = expected.test(heard);
      if (!ok) bad += 1;
      const shown = typeof said === "string" ? said : JSON.stringify(said);
      console.log(JSON.stringify({ title, said: shown, answer: JSON.parse(JSON.stringify(answer)), heard, ok }));
      if (!ok) console.error(`${title}: "${shown}" was answered "${heard}", which is not like ${expected}`);
    }
  }
  process.exit(bad ? 1 : 0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
