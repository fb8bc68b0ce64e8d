// A Vendure shop for tests: node server.cjs FOLDER PORT. Run where @vendure/core is installed. FOLDER keeps its database;
// the first start fills it with a handful of things, one customer and one shipping method. Prints "ready".
const path = require("path");
const fs = require("fs");
const { bootstrap, bootstrapWorker, DefaultJobQueuePlugin, DefaultLogger, LogLevel, LanguageCode, CurrencyCode } = require("@vendure/core");
const { populate } = require("@vendure/core/cli");

const [folder, port] = [path.resolve(process.argv[2]), Number(process.argv[3])];
const database = path.join(folder, "vendure.sqlite");
const first = !fs.existsSync(database);

const config = {
  apiOptions: { port, hostname: "127.0.0.1", adminApiPath: "admin-api", shopApiPath: "shop-api", cors: false },
  authOptions: { tokenMethod: ["bearer"], superadminCredentials: { identifier: "superadmin", password: process.env.SUPERADMIN_PASSWORD } },
  dbConnectionOptions: { type: "better-sqlite3", database, synchronize: true, logging: false },
  importExportOptions: { importAssetsDir: folder },
  plugins: [DefaultJobQueuePlugin.init({ pollInterval: 200 })],
  logger: new DefaultLogger({ level: LogLevel.Warn }),
  // What docs/vendure.md asks for.
  customFields: {
    Order: [
      { name: "voicecartKey", type: "string", unique: true, nullable: true, public: false },
      { name: "voicecartVoid", type: "boolean", nullable: true, public: false },
    ],
  },
};

const initial = {
  defaultLanguage: LanguageCode.en,
  defaultZone: "Americas",
  countries: [{ name: "United States of America", code: "US", zone: "Americas" }],
  taxRates: [{ name: "No tax", percentage: 0 }],
  shippingMethods: [{ name: "Standard", price: 500, taxRate: 0 }],
  paymentMethods: [],
  roles: [],
  collections: [],
};

async function main() {
  if (first) {
    const app = await populate(() => bootstrap(config), initial, path.join(folder, "products.csv"));
    await app.close();
  }
  const app = await bootstrap(config);
  const worker = await bootstrapWorker(config);
  await worker.startJobQueue();
  console.log("ready");
  process.on("SIGTERM", async () => { await app.close(); process.exit(0); });
}

main().catch((error) => { console.error(error); process.exit(1); });
