import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createClient, type Client } from './client.ts';
import { startGitHub, type GitHub, type Repository } from './github.ts';

const sha = { accept: 'application/vnd.github.sha' };

let client: Client;
let github: GitHub;
let repository: Repository;
let head: string;
let hidden: Repository;

before(async () => {
  client = await createClient();
  github = await startGitHub({ work: client.work, address: '127.0.0.1', port: 0, authority: client.authority });
  repository = await github.createRepository('acme', 'shop');
  head = await repository.commit({ 'deploy/1-a/10-x.yml': 'a: 1\n' });
  hidden = await github.createRepository('acme', 'hidden', { private: true });
  await hidden.commit({ 'secret.yml': 'a: 1\n' });
  github.addToken('good');
  github.addToken('narrow', { repositories: ['acme/other'] });
});

after(async () => {
  await github?.stop();
  await client?.stop();
});

function headUrl(name = 'shop', ref = 'main') {
  return `${github.apiUrl}/repos/acme/${name}/commits/${ref}`;
}

test('the head commit is plain text, its id is its ETag, and it moves with the branch', async () => {
  const first = await client.ask(headUrl(), sha);
  assert.deepEqual([first.status, first.body, first.headers['etag']], [200, head, `"${head}"`]);
  assert.match(first.headers['content-type'] ?? '', /^application\/vnd\.github\.sha/);

  const next = await repository.commit({ 'deploy/1-a/10-x.yml': 'a: 2\n' });
  const second = await client.ask(headUrl(), { ...sha, 'if-none-match': `"${head}"` });
  assert.deepEqual([second.status, second.body], [200, next]);
  assert.equal((await client.ask(headUrl('shop', 'HEAD'), sha)).body, next);
  assert.equal((await client.ask(headUrl('SHOP', head), sha)).body, head);

  await repository.reset(head);
  assert.equal((await client.ask(headUrl(), sha)).body, head);
});

test('an unchanged head answers 304: free with a token, counted without', async () => {
  const conditional = { ...sha, 'if-none-match': `"${head}"` };
  const remaining = async (authorization?: string) => {
    const headers = authorization === undefined ? conditional : { ...conditional, authorization };
    const reply = await client.ask(headUrl(), headers);
    assert.deepEqual([reply.status, reply.body], [304, '']);
    const { limit, used, remaining } = rates(reply.headers);
    assert.equal(Number(limit), Number(used) + Number(remaining));
    return { limit, remaining: Number(remaining), last: github.requests().at(-1) };
  };
  for (const authorization of ['Bearer good', 'token good', `Basic ${Buffer.from('x:good').toString('base64')}`]) {
    const [one, two] = [await remaining(authorization), await remaining(authorization)];
    assert.equal(one.limit, '5000');
    assert.equal(two.remaining, one.remaining);
    assert.deepEqual([two.last?.authorised, two.last?.counted, two.last?.status], [true, false, 304]);
  }
  const [one, two] = [await remaining(), await remaining()];
  assert.equal(one.limit, '60');
  assert.equal(two.remaining, one.remaining - 1);
  assert.deepEqual([two.last?.authorised, two.last?.counted], [false, true]);
});

test('GET /rate_limit tells the budget and costs nothing', async () => {
  const headers = { authorization: 'Bearer good' };
  const before = rates((await client.ask(headUrl(), { ...sha, ...headers })).headers);
  const reply = await client.ask(`${github.apiUrl}/rate_limit`, headers);
  const { resources } = JSON.parse(reply.body) as { resources: { core: Record<string, number> } };
  assert.equal(resources.core['remaining'], Number(before.remaining));
  assert.equal(rates(reply.headers).remaining, before.remaining);
});

test('a used-up limit answers 403 with the time of its reset, also to conditional requests', async () => {
  github.setRemaining(1, { token: 'good', resetIn: 100 });
  const headers = { ...sha, authorization: 'Bearer good' };
  assert.equal((await client.ask(headUrl(), headers)).status, 200);
  const reply = await client.ask(headUrl(), { ...headers, 'if-none-match': `"${head}"` });
  assert.equal(reply.status, 403);
  assert.match(reply.body, /API rate limit exceeded/);
  assert.equal(rates(reply.headers).remaining, '0');
  assert.ok(Math.abs(Number(rates(reply.headers).reset) - Date.now() / 1000 - 100) < 5);
  assert.equal((await client.ask(`${github.apiUrl}/rate_limit`, headers)).status, 200);
  github.setRemaining(5000, { token: 'good' });

  github.setRemaining(0);
  assert.equal((await client.ask(headUrl(), sha)).status, 403);
  github.setRemaining(60);
  assert.equal((await client.ask(headUrl(), sha)).status, 200);
});

test('a private repository is there only for tokens that may read it', async () => {
  const ask = async (authorization?: string) => {
    const reply = await client.ask(headUrl('hidden'), authorization === undefined ? sha : { ...sha, authorization });
    return [reply.status, (JSON.parse(reply.status === 200 ? '{}' : reply.body) as { message?: string }).message];
  };
  assert.deepEqual(await ask(), [404, 'Not Found']);
  assert.deepEqual(await ask('Bearer narrow'), [404, 'Not Found']);
  assert.deepEqual(await ask('Bearer wrong'), [401, 'Bad credentials']);
  assert.deepEqual(await ask('Bearer good'), [200, undefined]);
  github.addToken('narrow', { repositories: ['acme/hidden'] });
  assert.deepEqual(await ask('Bearer narrow'), [200, undefined]);
  github.removeToken('narrow');
  assert.deepEqual(await ask('Bearer narrow'), [401, 'Bad credentials']);
});

test('what is not there: repository 404, ref 422, empty repository 409', async () => {
  const status = async (url: string) => (await client.ask(url, { ...sha, authorization: 'Bearer good' })).status;
  await github.createRepository('acme', 'empty');
  assert.equal(await status(headUrl('nothing')), 404);
  assert.equal(await status(headUrl('shop', 'nothing')), 422);
  assert.equal(await status(headUrl('shop', '0'.repeat(40))), 422);
  assert.equal(await status(headUrl('empty', 'HEAD')), 409);
  const doomed = await github.createRepository('acme', 'doomed');
  assert.equal(await status(`${github.apiUrl}/repos/acme/doomed`), 200);
  await doomed.remove();
  assert.equal(await status(`${github.apiUrl}/repos/acme/doomed`), 404);
});

test('a request without User-Agent is refused', async () => {
  assert.equal((await client.ask(headUrl(), { ...sha, 'user-agent': '' })).status, 403);
});

test('faults: a status, a delay, a broken connection, so many times', async () => {
  github.fail({ status: 502, headers: { 'retry-after': '7' }, body: 'bad gateway', times: 1 });
  const reply = await client.ask(headUrl(), sha);
  assert.deepEqual([reply.status, reply.headers['retry-after'], reply.body], [502, '7', 'bad gateway']);
  assert.equal((await client.ask(headUrl(), sha)).status, 200);

  github.fail({ reset: true, match: ({ path }) => path.includes('/commits/') });
  await assert.rejects(client.ask(headUrl(), sha), { code: /ECONNRESET|UND_ERR_SOCKET/ });
  assert.equal((await client.ask(`${github.apiUrl}/repos/acme/shop`)).status, 200);

  github.fail({ delay: 150 });
  const start = performance.now();
  assert.equal((await client.ask(headUrl(), sha)).status, 200);
  assert.ok(performance.now() - start >= 149);
  github.fail(undefined);
  assert.deepEqual(
    github
      .requests()
      .slice(-5)
      .map(({ status }) => status),
    [502, 200, 0, 200, 200],
  );
});

function rates(headers: Record<string, string>) {
  assert.equal(headers['x-ratelimit-resource'], 'core');
  const [limit, used] = [headers['x-ratelimit-limit'], headers['x-ratelimit-used']];
  return { limit, used, remaining: headers['x-ratelimit-remaining'], reset: headers['x-ratelimit-reset'] };
}
