/** One JSON value per line, as they arrive; ends quietly when the stream or the signal ends. */
export async function* jsonLines<T>(stream: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<T> {
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of stream) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') yield JSON.parse(line) as T;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
