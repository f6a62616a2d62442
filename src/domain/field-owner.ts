/** An entry of `metadata.managedFields`: who wrote which fields last. */
export interface FieldOwner {
  manager?: string;
  operation?: string;
  subresource?: string;
  fieldsV1?: unknown;
}
