/** Base64 of the text's UTF-8 bytes, as `data` of a Secret holds it. */
export const toBase64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/** The way back; what is no base64 gives some text, never an error. */
export const fromBase64 = (text: string): string => Buffer.from(text, 'base64').toString('utf8');
