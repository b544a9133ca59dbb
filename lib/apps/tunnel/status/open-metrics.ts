import { RESULTS, type TunnelFigures } from './figures.js';
import { BUCKETS, type Histogram } from './histogram.js';

/** What the answer is called (OpenMetrics 1.0). Prometheus asks for it by this name. */
export const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly unit?: 'seconds' | 'bytes';
  readonly help: string;
  readonly samples: (figures: TunnelFigures) => readonly Sample[];
}

interface Sample {
  /** Behind the name of the family, such as '_total'. */
  readonly suffix?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Each becomes a row of docs/tunnel.md. */
export const FAMILIES: readonly Family[] = [
  {
    name: 'schannel_tunnel_accept',
    type: 'counter',
    help: 'Connections that were opened or have failed, by result.',
    samples: ({ results }) =>
      RESULTS.map((result) => ({ suffix: '_total', labels: { result }, value: results[result] })),
  },
  {
    name: 'schannel_tunnel_connections_open',
    type: 'gauge',
    help: 'Connections that carry bytes now.',
    samples: ({ status }) => [{ value: status.open }],
  },
  {
    name: 'schannel_tunnel_connections_opening',
    type: 'gauge',
    help: 'Connections whose target, dialogue or handshake is not done.',
    samples: ({ status }) => [{ value: status.opening }],
  },
  {
    name: 'schannel_tunnel_handshake_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'From the transport to the end of the TLS handshake.',
    samples: ({ handshakes }) => histogramSamples(handshakes),
  },
  {
    name: 'schannel_tunnel_connection_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'From the acceptance to the end, of connections that were open.',
    samples: ({ connections }) => histogramSamples(connections),
  },
  {
    name: 'schannel_tunnel_bytes',
    type: 'counter',
    unit: 'bytes',
    help: 'Bytes that were carried, without what TLS adds.',
    samples: ({ status }) => [
      { suffix: '_total', labels: { direction: 'to_tls' }, value: status.bytesToTls },
      { suffix: '_total', labels: { direction: 'from_tls' }, value: status.bytesFromTls },
    ],
  },
  {
    name: 'schannel_tunnel_certificate_not_after_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'When the certificate ends that new clients get, in seconds since 1970.',
    samples: ({ status: { certificate } }) =>
      certificate === null ? [] : [{ value: certificate.validTo.getTime() / 1000 }],
  },
  {
    name: 'schannel_tunnel_reloads',
    type: 'counter',
    help: 'Exchanges of the options, by whether they were taken.',
    samples: ({ reloads }) => [
      { suffix: '_total', labels: { result: 'success' }, value: reloads.success },
      { suffix: '_total', labels: { result: 'failure' }, value: reloads.failure },
    ],
  },
  {
    name: 'schannel_tunnel_target_up',
    type: 'gauge',
    help: 'Whether the last attempt reached the target. Targets that nobody has tried are missing.',
    samples: ({ status: { targets } }) =>
      targets
        .filter(({ state }) => state !== 'unknown')
        .map(({ address, state }) => ({ labels: { target: address }, value: state === 'up' ? 1 : 0 })),
  },
  {
    name: 'schannel_tunnel_listening',
    type: 'gauge',
    help: 'Whether the tunnel takes connections.',
    samples: ({ status }) => [{ value: status.state === 'listening' ? 1 : 0 }],
  },
];

/** The figures as OpenMetrics text. The label `service` is the tunnel's name. */
export function openMetrics(tunnels: readonly TunnelFigures[]): string {
  const lines = FAMILIES.flatMap(({ name, type, unit, help, samples }) => [
    `# TYPE ${name} ${type}`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${help}`,
    ...tunnels.flatMap((figures) =>
      samples(figures).map(
        ({ suffix = '', labels = {}, value }) =>
          `${name}${suffix}${labelText({ service: figures.status.name, ...labels })} ${value}`,
      ),
    ),
  ]);
  return `${lines.join('\n')}\n# EOF\n`;
}

function histogramSamples({ counts, sum }: Histogram): readonly Sample[] {
  let below = 0;
  const buckets = counts.map((count, at) => {
    below += count;
    const bound = BUCKETS[at];
    return {
      suffix: '_bucket',
      labels: { le: bound === undefined ? '+Inf' : boundText(bound) },
      value: below,
    };
  });
  return [...buckets, { suffix: '_count', value: below }, { suffix: '_sum', value: sum }];
}

/** A canonical number has a decimal point, so that two writers mean the same label. */
const boundText = (bound: number): string => (Number.isInteger(bound) ? `${bound}.0` : String(bound));

const labelText = (labels: Readonly<Record<string, string>>): string =>
  `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')}}`;

const escaped = (value: string): string =>
  value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
