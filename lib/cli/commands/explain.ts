import type { Command } from 'commander';
import { explain } from '../../apps/explain/explain.js';
import type { Explanation, ExplanationKind } from '../../apps/explain/explanation.js';
import { printable } from '../../base/text/printable.js';
import type { CommandContext } from '../command-context.js';
import { EXIT_CODES, type ExitCode } from '../exit-code.js';
import { formatRows } from '../table.js';
import { styleFor, type Style, type CommandIO } from '../terminal.js';
import { toJson } from '../json.js';

/** A code, and what it can mean. */
interface Answer {
  readonly query: string;
  readonly meanings: readonly Explanation[];
}

/** Adds `schannel explain`, which works on any system. */
export function addExplainCommand(program: Command, { io, exit }: CommandContext): void {
  program
    .command('explain')
    .description(
      'Explains what a code means and what to do: a status of SSPI, crypt32 or a key provider, a TLS alert, a chain fault, an event of the System log, an IIS substatus, or an error code of this library.',
    )
    .argument('<code...>', 'codes, such as 0x80090325, 403.13, 36887:48, "alert 48", unknown_ca')
    .option('--json', 'print one JSON object')
    .action((codes: string[], flags: { readonly json?: boolean }) => {
      exit(runExplain(codes, flags.json === true, io));
    });
}

function runExplain(codes: readonly string[], json: boolean, { stdout, env }: CommandIO): ExitCode {
  const answers = inPairs(codes).map((query): Answer => ({ query, meanings: explain(query) }));
  const ok = answers.every(({ meanings }) => meanings.length > 0);
  if (json) stdout.write(`${toJson({ ok, answers }, 2)}\n`);
  else {
    const style = styleFor(stdout, env);
    stdout.write(`${answers.flatMap((answer) => formatAnswer(answer, style)).join('\n')}\n`);
  }
  return ok ? EXIT_CODES.ok : EXIT_CODES.failure;
}

/** A shell splits `alert 48` into two arguments. */
function inPairs(words: readonly string[]): string[] {
  const queries: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const next = words[at + 1];
    if (/^(alert|event|trust|http|status)$/i.test(word) && next !== undefined) {
      queries.push(`${word} ${next}`);
      at += 1;
    } else queries.push(word);
  }
  return queries;
}

const KIND_LABELS: Readonly<Record<ExplanationKind, string>> = {
  status: 'Windows status',
  alert: 'TLS alert',
  trust: 'chain fault',
  event: 'event log',
  http: 'IIS',
  error: 'error code',
};

function formatAnswer({ query, meanings }: Answer, style: Style): string[] {
  if (meanings.length === 0) return [`${style.bold(printable(query))}  ${style.bad('unknown')}`, ''];
  return meanings.flatMap((explanation) => formatExplanation(explanation, style));
}

function formatExplanation(explanation: Explanation, style: Style): string[] {
  const { kind, code, name, meaning, remedy, related } = explanation;
  return [
    style.bold(code === name ? code : `${code} ${name}`),
    ...formatRows(
      [
        ['kind', KIND_LABELS[kind]],
        ['meaning', meaning],
        ['remedy', remedy],
        ['same as', related.length === 0 ? null : related.join(', ')],
      ],
      style,
      '  ',
    ),
    '',
  ];
}
