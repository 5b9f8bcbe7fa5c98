/**
 * An example of an endpoint that Sparring can attack as a black box (docs/http-target.md), and a template for your own.
 *
 *   node examples/http-server/server.mjs [MODEL.json] [--port 8080] [--labels-only] [--delay MS] [--fail-after N]
 *
 * Without a model it serves a small classifier of MNIST digits that needs no training: the class whose mean picture is
 * nearest. MODEL.json is a TensorFlow.js layers model. `--fail-after N` breaks off every connection once N batches were
 * answered, as a server that crashed: start it again and resume the session.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join, resolve } from 'node:path';
import { createRequire } from 'node:module';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string', default: '8080' },
    'labels-only': { type: 'boolean', default: false },
    delay: { type: 'string', default: '0' },
    'fail-after': { type: 'string', default: 'Infinity' },
  },
});
/** Bytes of a request: thousands of digits. */
const LARGEST_REQUEST = 64 * 2 ** 20;

const model = positionals[0] ? await layersModel(positionals[0]) : nearestMean();
let answered = 0;

const server = createServer(async (request, response) => {
  const send = (status, body) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  try {
    if (answered >= Number(options['fail-after'])) {
      request.socket.destroy();
      return;
    }
    if (request.method === 'GET') {
      const { inputShape, classes, gives } = model;
      send(200, { inputShape, classes, gives: options['labels-only'] ? 'labels' : gives });
      return;
    }
    if (request.method !== 'POST') {
      send(405, { error: `${request.method} is not understood; expected GET or POST` });
      return;
    }
    const images = imagesOf(await bodyOf(request));
    await setTimeout(Number(options.delay));
    const scores = await model.scores(images);
    answered++;
    send(200, options['labels-only'] ? { labels: scores.map(largest) } : { scores });
  } catch (error) {
    send(400, { error: error.message });
  }
});
server.listen(Number(options.port), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});

async function bodyOf(request) {
  const parts = [];
  let length = 0;
  for await (const part of request) {
    parts.push(part);
    length += part.length;
    if (length > LARGEST_REQUEST) throw new RangeError(`more than ${LARGEST_REQUEST} bytes`);
  }
  return JSON.parse(Buffer.concat(parts).toString('utf8'));
}

/** @returns {Float32Array[]} one a picture: height · width · channels values in [0, 1] */
function imagesOf({ shape, images }) {
  const bytes = Uint8Array.from(Buffer.from(images, 'base64'));
  const size = model.inputShape.reduce((a, b) => a * b, 1);
  const [n, ...rest] = shape;
  if (rest.join() !== model.inputShape.join() || bytes.length !== 4 * n * size) {
    throw new RangeError(
      `${bytes.length} bytes of shape [${shape}]; expected float32 [n, ${model.inputShape}]`,
    );
  }
  const values = new Float32Array(bytes.buffer);
  return Array.from({ length: n }, (_, i) => values.subarray(i * size, (i + 1) * size));
}

const largest = (row) => row.indexOf(Math.max(...row));

/** Logits −‖x − mean of the class‖²: the softmax of one Gaussian a class, all of one width. */
function nearestMean() {
  const folder = join(dirname(createRequire(import.meta.url).resolve('mnist/package.json')), 'src', 'digits');
  const SIZE = 28 * 28;
  const means = Array.from({ length: 10 }, (_, digit) => {
    const { data } = JSON.parse(readFileSync(join(folder, `${digit}.json`), 'utf8'));
    const mean = new Float64Array(SIZE);
    data.forEach((value, i) => (mean[i % SIZE] += (value * SIZE) / data.length));
    return mean;
  });
  const distance = (image, mean) => image.reduce((sum, x, i) => sum + (x - mean[i]) ** 2, 0);
  return {
    inputShape: [28, 28, 1],
    classes: 10,
    gives: 'logits',
    scores: (images) => images.map((image) => means.map((mean) => -distance(image, mean))),
  };
}

/** A TensorFlow.js layers model that ends in a softmax. */
async function layersModel(path) {
  const { default: tf } = await import('@tensorflow/tfjs-node');
  const network = await tf.loadLayersModel(tf.io.fileSystem(resolve(path)));
  const inputShape = network.inputs[0].shape.slice(1);
  return {
    inputShape,
    classes: network.outputs[0].shape.at(-1),
    gives: 'probabilities',
    scores(images) {
      const outputs = tf.tidy(() =>
        network.predict(tf.stack(images.map((image) => tf.tensor(image, inputShape)))),
      );
      const rows = outputs.arraySync();
      outputs.dispose();
      return rows;
    },
  };
}
