import { once } from 'node:events';

/** The next message of a server in a separate process. @throws if the process ends before */
export async function answerOf(child) {
  const ended = new AbortController();
  const { signal } = ended;
  try {
    const [answer] = await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(([code]) => {
        throw new Error(`the server that is measured ended with code ${code}`);
      }),
    ]);
    return answer;
  } finally {
    ended.abort();
  }
}
