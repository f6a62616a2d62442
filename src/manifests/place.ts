import type { Order } from '../domain/order.ts';

/** Where a file stands in the order, up to its objects' positions; or why it has no place. */
export type Place = { order: (position: number) => Order } | { unplaced: string; manifest: boolean };

const FOLDER = /^(\d{1,15})-./;
const FILE = /^(\d{1,15})-./;
const MANIFEST = /\.(yml|yaml|json)$/;

/** @param path the file's path below the watched folder, such as `2-influxdb/120-influxdbconfigmap.yml` */
export function placeOf(path: string): Place {
  const parts = path.split('/');
  const name = parts.at(-1) ?? '';
  const manifest = MANIFEST.test(name);
  const unplaced = (reason: string): Place => ({ unplaced: reason, manifest });
  if (!manifest) return unplaced('not a manifest: the name does not end in .yml, .yaml or .json');
  if (parts.length < 2) return unplaced('not in a numbered folder: move it to a folder like 2-name/');
  const [folder = ''] = parts;
  const folderNumber = FOLDER.exec(folder)?.[1];
  const fileNumber = FILE.exec(name)?.[1];
  if (folderNumber === undefined)
    return unplaced(`the folder ${JSON.stringify(folder)} has no number: name it like 2-name`);
  if (parts.length > 2) return unplaced('too deep: manifests stand directly in a numbered folder');
  if (fileNumber === undefined) return unplaced('the file has no number: name it like 120-nameconfigmap.yml');
  return { order: (position) => [Number(folderNumber), Number(fileNumber), folder, name, position] };
}
