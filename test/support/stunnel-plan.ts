import type { StunnelPlan } from '#lib/apps/tunnel/stunnel/plan.js';
import { planConfiguration } from '#lib/apps/tunnel/stunnel/plan-configuration.js';
import { readConfiguration } from '#lib/formats/stunnel/read-configuration.js';
import { memoryFiles, stunnelPath } from './stunnel-files.js';

/** The file of which {@link planText} makes a plan. */
export const STUNNEL_CONF = stunnelPath('stunnel.conf');

/** What a text means as stunnel.conf. */
export async function planText(text: string, allowPrograms = false): Promise<StunnelPlan> {
  return planConfiguration(
    await readConfiguration(STUNNEL_CONF, memoryFiles({ 'stunnel.conf': text })),
    allowPrograms,
  );
}

/** How a text fails as stunnel.conf, at this line. */
export const stunnelFault = (line: number, what: string) => ({
  code: 'ERR_SCHANNEL_TUNNEL_CONFIG',
  message: `${STUNNEL_CONF}:${line}: ${what}`,
});

/** How an option is refused. */
export const stunnelRefusal = (line: number, option: string, why: string) => ({
  code: 'ERR_SCHANNEL_TUNNEL_CONFIG_REFUSED',
  message: `${STUNNEL_CONF}:${line}: "${option}": This option cannot be honoured: ${why}`,
});
