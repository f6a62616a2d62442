import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Line } from '../../src/runner/lines.ts';
import {
  errorText,
  hitDeleting,
  isGone,
  isImmutable,
  isTransient,
  ownersByPosition,
  warningsByPosition,
} from '../../src/runner/said.ts';

const said = (stderr: string, code = 1, lines: Line[] = stderr.split('\n').map((text) => ({ from: 'err', text }))) => ({
  ...{ code, lines, stderr },
});

// Texts of kubectl 1.34 and its API server.
const transient = [
  'error: error validating "STDIN": error validating data: failed to download openapi: Get "https://10.96.0.1:443/openapi/v2?timeout=30s": dial tcp 10.96.0.1:443: connect: connection refused; if you choose to ignore these errors, turn validation off with --validate=false',
  'Unable to connect to the server: net/http: TLS handshake timeout',
  'Unable to connect to the server: net/http: request canceled (Client.Timeout exceeded while awaiting headers)',
  'Error from server: etcdserver: request timed out',
  'Error from server (InternalError): Internal error occurred: failed calling webhook "v.example.com": failed to call webhook: Post "https://v.svc:443/?timeout=10s": dial tcp 10.96.1.1:443: connect: connection refused',
  'Error from server (TooManyRequests): the server has received too many requests and has asked us to try again later',
  'Error from server (ServiceUnavailable): the server is currently unable to handle the request',
  'error: You must be logged in to the server (Unauthorized)',
  'Error from server (Forbidden): pods "p" is forbidden: error looking up service account shop/default: serviceaccount "default" not found',
  'Error from server (Forbidden): pods "p" is forbidden: status unknown for quota: full, resources: pods',
  'Get "https://10.96.0.1:443/api?timeout=30s": read tcp 10.88.0.2:4711->10.96.0.1:443: i/o timeout',
  'Error from server (Timeout): Timeout: request did not complete within requested timeout - context deadline exceeded',
];
const definite = [
  'Error from server: failed to create typed patch object (p8/d2; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema',
  'Error from server (NotFound): namespaces "nope" not found',
  'Error from server (Forbidden): configmaps "z" is forbidden: User "x" cannot patch resource "configmaps" in API group "" in the namespace "p8"',
  'The ConfigMap "connection refused" is invalid: data[x]: Invalid value: "i/o timeout": a valid config key must consist of alphanumeric characters',
  'Error from server (BadRequest): error decoding YAML: unexpected EOF',
  'error: resource mapping not found for name: "f" namespace: "p8" from "STDIN": no matches for kind "Foo" in version "example.com/v1"',
  'Error from server (Forbidden): error when creating "STDIN": admission webhook "deny.example.com" denied the request: dial tcp is not allowed',
];

for (const text of transient) test(`worth another try: ${text.slice(0, 80)}`, () => assert.ok(isTransient(said(text))));
for (const text of definite) test(`for good: ${text.slice(0, 80)}`, () => assert.ok(!isTransient(said(text))));

const immutable = [
  'The Job "j" is invalid: spec.template: Invalid value: {"labels":{}}: field is immutable',
  'The StatefulSet "s" is invalid: spec: Forbidden: updates to statefulset spec for fields other than \'replicas\' are forbidden',
  'The Pod "p" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`',
  'The Service "s" is invalid: spec.clusterIPs[0]: Invalid value: ["10.96.3.3"]: may not change once set',
  'The Secret "s" is invalid: \n* metadata: too long\n* type: Invalid value: "x": field is immutable',
  'The PersistentVolumeClaim "c" is invalid: spec: Forbidden: spec is immutable after creation except resources.requests',
  'The RoleBinding "r" is invalid: roleRef: Invalid value: {"kind":"Role"}: cannot change roleRef',
  'The PriorityClass "p" is invalid: value: Forbidden: may not be changed in an update.',
  'The StorageClass "s" is invalid: provisioner: Forbidden: updates to provisioner are forbidden.',
  'The PersistentVolume "v" is invalid: spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation',
];
for (const text of immutable)
  test(`no change in place: ${text.slice(0, 60)}`, () => assert.ok(isImmutable(said(text))));
for (const text of [...transient, ...definite]) {
  test(`no word of immutable: ${text.slice(0, 60)}`, () => assert.ok(!isImmutable(said(text))));
}

test('a killed kubectl is worth another try', () => assert.ok(isTransient(said('', -1, []))));

test('absent, or another uid: gone', () => {
  assert.ok(isGone(said('Error from server (NotFound): configmaps "c1" not found')));
  assert.ok(isGone(said('Error from server (NotFound): the server could not find the requested resource')));
  const conflict = 'the UID in the precondition (a) does not match the UID in record (b)';
  assert.ok(isGone(said(`Error from server (Conflict): Operation cannot be fulfilled on ConfigMap "c1": ${conflict}`)));
  assert.ok(!isGone(said('Error from server (Forbidden): the answer may be "Error from server (NotFound)"')));
});

test('the error is what is left of stderr without warnings', () => {
  assert.equal(errorText(said('Warning: old\nError from server: a\nb')), 'Error from server: a\nb');
  assert.equal(errorText(said('Warning: old', 7)), 'kubectl ended with code 7 and said nothing');
});

test('the answer that kubectl quotes in its log is no part of the error', () => {
  const quoted = ['I1128 17:59:57.252536      28 helpers.go:246] server response object: [{', '  "kind": "Status",'];
  const text = [...quoted, '  "metadata": {}', '}]', 'Error from server: no more room today'].join('\n');
  assert.equal(errorText(said(text)), 'Error from server: no more room today');
  assert.equal(errorText(said('error: a list [{\n  "kind"')), 'error: a list [{\n  "kind"');
});

const DELETING = 'Warning: Detected changes to resource fin which is currently being deleted.';

test('an apply onto a dying object is seen', () => {
  assert.ok(hitDeleting(said(DELETING, 0)));
  assert.ok(!hitDeleting(said('Warning: something else', 0)));
});

const request = (name: string, verb = 'PATCH', status = '200 OK'): Line => ({
  from: 'err',
  text: `I1122 01:45:13.252536   28398 round_trippers.go:632] "Response" verb="${verb}" url="https://10.96.0.1:443/api/v1/namespaces/shop/configmaps/${name}?fieldManager=ordo&force=true" status="${status}" milliseconds=1`,
});
const warning = (text: string): Line => ({ from: 'err', text: `Warning: ${text}` });

test('a warning belongs to the object that was sent before it', () => {
  const lines: Line[] = [
    request('a', 'GET'),
    request('a'),
    warning('first'),
    request('b', 'PATCH', '409 Conflict'),
    request('b'),
    request('b'),
    request('c', 'PATCH', '201 Created'),
    warning('third'),
    { from: 'err', text: DELETING },
    warning('third too'),
  ];
  const expected: [number, string[]][] = [
    [0, ['Warning: first']],
    [2, ['Warning: third', 'Warning: third too']],
  ];
  assert.deepEqual([...warningsByPosition(said('', 0, lines))], expected);
  assert.equal(errorText({ ...said(''), lines: [...lines, { from: 'err', text: 'error: no' }] }), 'error: no');
});

test('J04 who owns the fields of each object is said once for each, or counts for none', () => {
  const owners = [{ manager: 'ordo', operation: 'Apply', fieldsV1: {} }];
  const printed: Line = { from: 'out', text: JSON.stringify(owners) };
  const end: Line = { from: 'out', text: '' };
  assert.deepEqual(ownersByPosition(said('', 0, [printed, request('b'), printed, end]), 2), [owners, owners]);
  assert.deepEqual(ownersByPosition(said('', 0, [printed, end]), 2), []);
});
