// Runs the JavaScript client of docs/stream.md. Arguments: its file, address, key, a 16 kHz mono WAV file.
import { readFileSync } from "node:fs";

const [client, url, key, file] = process.argv.slice(2);
const { converse } = await import(client);
const wav = readFileSync(file);
const sound = new Int16Array(wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + wav.length - (wav.length % 2)));
const onEvent = (event) => console.log(JSON.stringify(event));
const reply = await converse({ url, key, rate: 16000, sound, onEvent });
console.log(JSON.stringify({ type: "test-done", rate: reply.rate, samples: reply.samples.length }));
process.exit(0);
