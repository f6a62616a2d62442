import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createClient, type Client } from './client.ts';
import { startGitHub, type GitHub } from './github.ts';
import { openDescription } from './openapi/check.ts';

const description = await openDescription();
const commitPath = '/repos/{owner}/{repo}/commits/{ref}';
const repositoryPath = '/repos/{owner}/{repo}';

let client: Client;
let github: GitHub;
let head: string;

before(async () => {
  client = await createClient();
  github = await startGitHub({ work: client.work, address: '127.0.0.1', port: 0, authority: client.authority });
  const repository = await github.createRepository('acme', 'shop');
  const side = await repository.commit({ 'b.yml': 'b: 1\n' }, 'side', { branch: 'side' });
  await repository.commit({ 'a.yml': 'a: 1\n' });
  head = await repository.commit({ 'a.yml': 'a: 2\n' }, 'merge\n\nwith a body', { merge: side });
  await github.createRepository('acme', 'empty');
  await github.createRepository('acme', 'hidden', { private: true, defaultBranch: 'trunk' });
  github.addToken('good');
  github.addToken('spent');
});

after(async () => {
  await github?.stop();
  await client?.stop();
});

// What is asked, and the answer that GitHub documents.
const cases: {
  what: string;
  path: string;
  url: string;
  status: number;
  message?: string;
  headers?: Record<string, string>;
}[] = [
  { what: 'a commit', path: commitPath, url: '/repos/acme/shop/commits/main', status: 200 },
  { what: 'a first commit', path: commitPath, url: '/repos/acme/shop/commits/side', status: 200 },
  {
    what: "a commit's id",
    path: commitPath,
    url: '/repos/acme/shop/commits/HEAD',
    status: 200,
    headers: { accept: 'application/vnd.github.sha' },
  },
  { what: 'a repository', path: repositoryPath, url: '/repos/acme/shop', status: 200 },
  {
    what: 'a private repository',
    path: repositoryPath,
    url: '/repos/acme/hidden',
    status: 200,
    headers: { authorization: 'Bearer good' },
  },
  { what: 'the rate limit', path: '/rate_limit', url: '/rate_limit', status: 200 },
  {
    what: 'an unknown ref',
    path: commitPath,
    url: '/repos/acme/shop/commits/nothing',
    status: 422,
    message: 'No commit found for SHA: nothing',
  },
  {
    what: 'an empty repository',
    path: commitPath,
    url: '/repos/acme/empty/commits/main',
    status: 409,
    message: 'Git Repository is empty.',
  },
  {
    what: 'an unknown repository',
    path: repositoryPath,
    url: '/repos/acme/nothing',
    status: 404,
    message: 'Not Found',
  },
  {
    what: 'a commit of an unknown repository',
    path: commitPath,
    url: '/repos/acme/nothing/commits/main',
    status: 404,
    message: 'Not Found',
  },
  {
    what: 'a private repository, without token',
    path: repositoryPath,
    url: '/repos/acme/hidden',
    status: 404,
    message: 'Not Found',
  },
  {
    what: 'a bad token',
    path: repositoryPath,
    url: '/repos/acme/shop',
    status: 401,
    message: 'Bad credentials',
    headers: { authorization: 'Bearer bad' },
  },
  {
    what: 'a used-up limit',
    path: repositoryPath,
    url: '/repos/acme/shop',
    status: 403,
    headers: { authorization: 'Bearer spent' },
  },
];

for (const { what, path, url, status, message, headers } of cases) {
  test(`${what} is answered as GitHub's description says`, async () => {
    github.setRemaining(0, { token: 'spent' });
    const reply = await client.ask(`${github.apiUrl}${url}`, headers);
    assert.equal(reply.status, status);
    assert.deepEqual(description.problems(path, reply), []);
    for (const name of ['limit', 'remaining', 'used', 'reset'])
      assert.match(reply.headers[`x-ratelimit-${name}`] ?? '', /^\d+$/);
    if (message !== undefined) assert.equal((JSON.parse(reply.body) as { message: string }).message, message);
  });
}

test('the commit object is the commit', async () => {
  const { body } = await client.ask(`${github.apiUrl}/repos/acme/shop/commits/main`);
  const { sha, parents, commit } = JSON.parse(body) as {
    sha: string;
    parents: unknown[];
    commit: { message: string; author: { name: string; email: string } };
  };
  assert.deepEqual([sha, parents.length, commit.message], [head, 2, 'merge\n\nwith a body']);
  assert.deepEqual([commit.author.name, commit.author.email], ['ordo test', 'test@ordo.invalid']);
});

test('the check finds what is wrong', async () => {
  const reply = await client.ask(`${github.apiUrl}/repos/acme/shop`);
  const { owner: _owner, ...rest } = JSON.parse(reply.body) as Record<string, unknown>;
  const problems = (body: object, status = 200) =>
    description.problems(repositoryPath, { ...reply, status, body: JSON.stringify(body) });
  assert.deepEqual(problems({ ...rest, owner: null }).length > 0, true);
  assert.match(problems(rest).join(), /must have required property 'owner'/);
  assert.match(problems({ ...rest, id: 'seven' }).join(), /\/id must be integer/);
  assert.match(problems({ ...rest, url: 'not a url' }).join(), /\/url must match format "uri"/);
  assert.match(problems({ message: 7 }, 404).join(), /\/message must be string/);
  assert.match(problems({}, 204).join(), /never answers 204/);
  assert.match(
    description.problems('/rate_limit', { status: 200, headers: {}, body: '' }).join(),
    /X-RateLimit-Limit is missing/,
  );
  assert.match(
    description.problems(repositoryPath, { ...reply, headers: { 'content-type': 'text/html' } }).join(),
    /text\/html is none of/,
  );
});
