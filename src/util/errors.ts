/**
 * "Their host is broken": a network, TLS or HTTP failure of something that Ordo does not own. The message is the reason
 * in words for people, short enough for an event, without tokens or bodies; `cause` is for the log.
 */
export class ExternalError extends Error {
  override readonly name = 'ExternalError';
}
