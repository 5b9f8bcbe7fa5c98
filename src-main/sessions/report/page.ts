/** The report of a session: one page that holds everything it shows, and asks nothing of any network. */
import { stringify } from 'yaml';
import { catalog } from '../../contract/catalog-data';
import { find, type CatalogEntry } from '../../contract/catalog';
import type { Table, TableCell } from '../../contract/table';
import { sessionFigures } from '../../../src-renderer/charts/session-figures';
import { toSvg } from '../../../src-renderer/charts/figure';
import { bytes, duration, predictionName, STATUS, when, words } from '../../../src-renderer/format';
import { PAPER } from '../../../src-renderer/theme/paper';
import type { SessionReader } from '../reader';
import { contentOf, tablesOf, type Content } from './content';
import { examplesOf } from './examples';

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** Text of a session may say anything: none of it becomes markup. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character]!);

const section = (title: string, body: string): string =>
  body ? `<section>\n<h2>${escaped(title)}</h2>\n${body}\n</section>` : '';

function cell({ text, small, best, doubtful }: TableCell, i: number): string {
  const tag = i === 0 ? 'th scope="row"' : 'td';
  const number = escaped(text);
  const spread = small ? `<small>${escaped(small)}</small>` : '';
  return `<${tag}${doubtful ? ' class="doubtful"' : ''}>${best ? `<b>${number}</b>` : number}${doubtful ? '<sup>†</sup>' : ''}${spread}</${tag.split(' ')[0]}>`;
}

export function tableHtml({ title, columns, rows, notes }: Table): string {
  return [
    '<div class="scroll"><table>',
    `<caption>${escaped(title)}</caption>`,
    `<thead><tr>${columns.map((name) => `<th scope="col">${escaped(name)}</th>`).join('')}</tr></thead>`,
    `<tbody>${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n')}</tbody>`,
    '</table></div>',
    ...notes.map((note) => `<p class="note">${escaped(note)}</p>`),
  ].join('\n');
}

function figuresHtml(content: Content): string {
  const { plan } = content;
  if (!plan) return '';
  // Identifiers that ECharts gives (gradients, clips) repeat from figure to figure; on one page they must not.
  return sessionFigures({ ...content, plan, catalog }, PAPER)
    .map(({ title, caption, option, size }, i) => {
      const svg = toSvg(option, size).replace(/zr\d+-/g, (id) => `f${i}-${id}`);
      return `<figure role="img" aria-label="${escaped(title)}">\n${svg}\n<figcaption>${escaped(caption)}</figcaption>\n</figure>`;
    })
    .join('\n');
}

function verdicts({ rows }: Content): string {
  const items = rows.flatMap(({ family, verdict }) => {
    if (!verdict) return [];
    const failed = verdict.checks.filter(({ status }) => status === 'fail');
    return [
      `<li class="${failed.length ? 'fails' : ''}"><strong>${escaped(family.label)}</strong>: ${escaped(verdict.text)}${failed
        .map(
          ({ id, evidence }) => `<br><span class="note">${escaped(words(id))}: ${escaped(evidence)}</span>`,
        )
        .join('')}</li>`,
    ];
  });
  return items.length ? `<ul>\n${items.join('\n')}\n</ul>` : '';
}

function examplesHtml(content: Content): string {
  const classes = content.state.data?.classes ?? [];
  return examplesOf(content.state, content.attackLabels, content.families)
    .map(({ example, attack, arm, clean, adversarial }) => {
      const name = (label: number) => escaped(predictionName(classes, label));
      const picture = (data: string, what: string) =>
        `<img src="${data}" alt="${what} of input ${example.input}" width="84" height="84">`;
      return `<figure class="example">${picture(clean, 'clean image')}${picture(adversarial, 'adversarial image')}<figcaption>${escaped(attack)}<br>on ${escaped(arm)}<br>${name(example.before.label)} → ${name(example.after.label)}</figcaption></figure>`;
    })
    .join('\n');
}

/** What was used of the lab, with the papers it comes from. */
function referencesHtml({ plan, header: { spec } }: Content): string {
  const used = new Map<string, CatalogEntry>();
  const add = (kind: CatalogEntry['kind'], id: string | undefined) => {
    const entry = id === undefined ? undefined : find(catalog, kind, id);
    if (entry) used.set(`${kind}/${entry.id}`, entry);
  };
  add('dataset', spec.dataset?.id);
  add('environment', spec.environment?.id);
  add('agent', spec.agent?.id);
  for (const arm of plan?.arms ?? []) {
    add('model', arm.model?.id);
    add('attack', arm.poisoning?.id);
    add('defense', arm.defense?.id);
  }
  for (const { id } of plan?.attacks ?? []) add('attack', id);
  const items = [...used.values()].map(
    ({ title, reference: { authors, title: work, year, where } }) =>
      `<li><strong>${escaped(title)}</strong>: ${escaped(`${authors} (${year}). ${work}. ${where}.`)}</li>`,
  );
  return items.length ? `<ul>\n${items.join('\n')}\n</ul>` : '';
}

function factsHtml({ header, status, state }: Content): string {
  const { versions, machine } = header;
  const environment = Object.entries(versions.environment)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
  const facts: [string, string][] = [
    ['Recorded', when(header.createdAt)],
    ['Status', STATUS[status].label],
    ['Events', String(state.sequence)],
    ...(state.startedAt !== null && state.lastAt !== null
      ? [['Duration', duration(state.lastAt - state.startedAt)] as [string, string]]
      : []),
    ...(state.data
      ? [
          [
            'Data',
            `${state.data.name}: ${state.data.train} for training, ${state.data.validation} for validation, ${state.data.test} for testing; SHA-256 ${state.data.hash}`,
          ] as [string, string],
        ]
      : []),
    ['Sparring', versions.sparring],
    ['TensorFlow', `${versions.tensorflow} (TensorFlow.js ${versions.tfjs})`],
    ['Electron', `${versions.electron ?? 'none'}, Node ${versions.node}, V8 ${versions.v8}`],
    ['Settings', environment || 'none'],
    [
      'Machine',
      `${machine.platform} ${machine.arch}, ${machine.cpu}, ${machine.cores} cores, ${bytes(machine.memoryBytes)}`,
    ],
    ['Session format', String(header.format)],
  ];
  return `<dl>\n${facts.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`).join('\n')}\n</dl>`;
}

const reproduceHtml = ({ header }: Content): string =>
  `<p>The session file holds the experiment and every event. With Sparring ${escaped(header.versions.sparring)} installed, beside the file <code>${escaped(header.id)}.sparring</code>:</p>
<pre>npx sparring reproduce ${escaped(header.id)}.sparring</pre>
<p>runs the experiment again and compares event by event, to the last bit. The same result is to be expected on a machine and with versions as listed above; elsewhere the last bits may differ, and the command says where and why. From the experiment below alone:</p>
<pre>npx sparring run experiment.yaml</pre>`;

const STYLE = `
:root { color-scheme: light; }
body { max-width: 900px; margin: 24px auto; padding: 0 20px; background: ${PAPER.surface}; color: ${PAPER.ink}; font: 14px/1.5 ${PAPER.font}; font-variant-numeric: tabular-nums; }
h1 { font-size: 22px; margin: 0 0 4px; } h2 { font-size: 16px; margin: 28px 0 8px; border-bottom: 1px solid ${PAPER.line}; padding-bottom: 4px; }
p { margin: 6px 0; } .lead, .note, figcaption, caption { color: ${PAPER.ink2}; } .note, figcaption { font-size: 12px; }
table { border-collapse: collapse; margin: 10px 0 4px; font-size: 12.5px; } caption { text-align: left; padding-bottom: 4px; }
th, td { padding: 4px 9px; border-bottom: 1px solid ${PAPER.grid}; text-align: right; vertical-align: top; } thead th { border-bottom: 1px solid ${PAPER.line}; vertical-align: bottom; }
th:first-child { text-align: left; font-weight: 500; min-width: 150px; } td small { display: block; color: ${PAPER.ink2}; font-size: 10.5px; white-space: nowrap; }
td b { border-bottom: 2px solid ${PAPER.arms[1]}; } .doubtful, .fails { color: ${PAPER.fail}; }
.scroll { overflow-x: auto; } figure { margin: 14px 0; break-inside: avoid; } figure svg { max-width: 100%; height: auto; display: block; }
.examples { display: flex; flex-wrap: wrap; gap: 12px; } .example { margin: 0; width: 176px; } .example img { image-rendering: pixelated; margin-right: 4px; border: 1px solid ${PAPER.grid}; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 14px; margin: 0; font-size: 12.5px; } dt { color: ${PAPER.ink2}; } dd { margin: 0; overflow-wrap: anywhere; }
pre { padding: 8px 10px; background: #f4f5f7; border: 1px solid ${PAPER.grid}; border-radius: 4px; font: 11.5px/1.45 'DejaVu Sans Mono', 'Liberation Mono', monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
ul { margin: 6px 0; padding-left: 20px; } li { margin: 3px 0; }
@page { size: A4; margin: 16mm 18mm; } @media print { body { max-width: none; margin: 0; padding: 0; font-size: 11px; } section, tr { break-inside: avoid-page; } section:has(figure), section:has(pre), section:has(table) { break-inside: auto; } .scroll { overflow: visible; } table { font-size: 10px; } th, td { padding: 3px 5px; } }
`;

/** @returns the whole page as text */
export function reportPage(session: SessionReader): string {
  const content = contentOf(session);
  const { header, status, state } = content;
  const [results, ...others] = tablesOf(content).map((table) => ({ table, html: tableHtml(table) }));
  const examples = examplesHtml(content);
  const body = [
    `<h1>${escaped(header.name)}</h1>`,
    `<p class="lead">${escaped(`${STATUS[status].label} · recorded ${when(header.createdAt)} · Sparring ${header.versions.sparring}`)}</p>`,
    header.spec.description ? `<p>${escaped(header.spec.description)}</p>` : '',
    status === 'done'
      ? ''
      : `<p class="fails">This session is ${escaped(STATUS[status].label.toLowerCase())}: what stands here is not the whole experiment.${state.error ? ` ${escaped(`${state.error.place}: ${state.error.message}`)}` : ''}</p>`,
    section('Verdict', verdicts(content)),
    section(
      'Results',
      results ? [results, ...others].map(({ html }) => html).join('\n') : '<p>Nothing was evaluated yet.</p>',
    ),
    section('Figures', figuresHtml(content)),
    section('Examples', examples && `<div class="examples">\n${examples}\n</div>`),
    section(
      'Warnings',
      state.warnings.length
        ? `<ul>${state.warnings.map(({ message }) => `<li>${escaped(message)}</li>`).join('\n')}</ul>`
        : '',
    ),
    section('How to reproduce', reproduceHtml(content)),
    section('Versions and machine', factsHtml(content)),
    section('Experiment', `<pre>${escaped(header.source)}</pre>`),
    section('The same with every default', `<pre>${escaped(stringify(header.spec))}</pre>`),
    section('References', referencesHtml(content)),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="generator" content="Sparring ${escaped(header.versions.sparring)}">
<title>${escaped(header.name)} – Sparring</title>
<style>${STYLE}</style>
</head>
<body>
${body.filter(Boolean).join('\n')}
</body>
</html>
`;
}
