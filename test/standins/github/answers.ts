import { git } from './git.ts';
import type { Budget } from './limits.ts';
import type { Repository } from './repositories.ts';

/** Where the stand-in is reached; GitHub's answers are full of links to itself. */
export interface Places {
  apiUrl: string;
  gitUrl: string;
}

const suffixes = {
  archive: '/{archive_format}{/ref}',
  assignees: '/assignees{/user}',
  blobs: '/git/blobs{/sha}',
  branches: '/branches{/branch}',
  collaborators: '/collaborators{/collaborator}',
  comments: '/comments{/number}',
  commits: '/commits{/sha}',
  compare: '/compare/{base}...{head}',
  contents: '/contents/{+path}',
  contributors: '/contributors',
  deployments: '/deployments',
  downloads: '/downloads',
  events: '/events',
  forks: '/forks',
  git_commits: '/git/commits{/sha}',
  git_refs: '/git/refs{/sha}',
  git_tags: '/git/tags{/sha}',
  hooks: '/hooks',
  issue_comment: '/issues/comments{/number}',
  issue_events: '/issues/events{/number}',
  issues: '/issues{/number}',
  keys: '/keys{/key_id}',
  labels: '/labels{/name}',
  languages: '/languages',
  merges: '/merges',
  milestones: '/milestones{/number}',
  notifications: '/notifications{?since,all,participating}',
  pulls: '/pulls{/number}',
  releases: '/releases{/id}',
  stargazers: '/stargazers',
  statuses: '/statuses/{sha}',
  subscribers: '/subscribers',
  subscription: '/subscription',
  tags: '/tags',
  teams: '/teams',
  trees: '/git/trees{/sha}',
};

/** The body of `GET /repos/{owner}/{repo}`. */
export function repositoryAnswer(repository: Repository, { apiUrl, gitUrl }: Places) {
  const { owner, name, created, pushed, url: cloneUrl } = repository;
  const url = `${apiUrl}/repos/${owner}/${name}`;
  const links = Object.entries(suffixes).map(([link, suffix]) => [`${link}_url`, `${url}${suffix}`]);
  const [forks, watchers, open_issues] = [0, 0, 0];
  return {
    id: idOf(`${owner}/${name}`),
    node_id: nodeIdOf('R', `${owner}/${name}`),
    name,
    full_name: `${owner}/${name}`,
    private: repository.private,
    visibility: repository.private ? 'private' : 'public',
    owner: userAnswer(owner, { apiUrl, gitUrl }),
    html_url: `${gitUrl}/${owner}/${name}`,
    description: null,
    fork: false,
    url,
    ...(Object.fromEntries(links) as Record<string, string>),
    git_url: cloneUrl,
    ssh_url: cloneUrl,
    clone_url: cloneUrl,
    svn_url: `${gitUrl}/${owner}/${name}`,
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    default_branch: repository.defaultBranch,
    has_issues: true,
    has_projects: true,
    has_downloads: true,
    has_wiki: true,
    has_pages: false,
    has_discussions: false,
    archived: false,
    disabled: false,
    is_template: false,
    topics: [],
    size: 0,
    forks,
    forks_count: forks,
    watchers,
    watchers_count: watchers,
    stargazers_count: 0,
    network_count: 0,
    open_issues,
    open_issues_count: open_issues,
    subscribers_count: 0,
    created_at: timeOf(created),
    updated_at: timeOf(pushed),
    pushed_at: timeOf(pushed),
  };
}

/** The body of `GET /repos/{owner}/{repo}/commits/{ref}`, without `stats` and `files`, which GitHub's description lets out. */
export async function commitAnswer({ owner, name, path }: Repository, sha: string, { apiUrl, gitUrl }: Places) {
  const format = ['%T', '%P', '%an', '%ae', '%aI', '%cn', '%ce', '%cI', '%B'].join('%x00');
  const fields = (await git(path, ['show', '--no-patch', `--format=${format}`, sha])).split('\0');
  const [tree = '', parents = '', ...people] = fields;
  const [author, mail, date = '', committer, committerMail, committerDate = '', message = ''] = people;
  const url = `${apiUrl}/repos/${owner}/${name}`;
  const html = `${gitUrl}/${owner}/${name}/commit`;
  return {
    sha,
    node_id: nodeIdOf('C', sha),
    commit: {
      author: { name: author, email: mail, date: timeOf(new Date(date)) },
      committer: { name: committer, email: committerMail, date: timeOf(new Date(committerDate)) },
      message: message.trimEnd(),
      tree: { sha: tree, url: `${url}/git/trees/${tree}` },
      url: `${url}/git/commits/${sha}`,
      comment_count: 0,
      verification: { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null },
    },
    url: `${url}/commits/${sha}`,
    html_url: `${html}/${sha}`,
    comments_url: `${url}/commits/${sha}/comments`,
    // No GitHub user has the address of the tests' author.
    author: null,
    committer: null,
    parents: parents
      .split(' ')
      .filter((parent) => parent !== '')
      .map((parent) => ({ sha: parent, url: `${url}/commits/${parent}`, html_url: `${html}/${parent}` })),
  };
}

/** The body of `GET /rate_limit`; only the core budget is ever used. */
export function rateLimitAnswer(core: Budget) {
  const other = (limit: number) => ({ ...rate({ ...core, limit, used: 0 }) });
  return { resources: { core: rate(core), graphql: other(0), search: other(10) }, rate: rate(core) };
}

function rate({ limit, used, reset }: Budget) {
  return { limit, used, remaining: limit - used, reset };
}

function userAnswer(login: string, { apiUrl, gitUrl }: Places) {
  const url = `${apiUrl}/users/${login}`;
  return {
    login,
    id: idOf(login),
    node_id: nodeIdOf('U', login),
    gravatar_id: '',
    type: 'User',
    site_admin: false,
    avatar_url: `${gitUrl}/avatars/${idOf(login)}`,
    url,
    html_url: `${gitUrl}/${login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
  };
}

// A number that stays the same for the same name, as GitHub's ids do.
function idOf(name: string): number {
  let id = 7;
  for (const character of name.toLowerCase()) id = (id * 31 + (character.codePointAt(0) ?? 0)) % 2_147_483_647;
  return id;
}

function nodeIdOf(kind: string, name: string): string {
  return `${kind}_${Buffer.from(name).toString('base64url')}`;
}

// GitHub gives whole seconds in UTC.
function timeOf(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
