import * as z from 'zod';

/** A docker config's entry for a registry (kubernetes.io/dockerconfigjson). */
const DockerConfig = z.object({
  auths: z.record(
    z.string(),
    z.object({ auth: z.string().optional(), username: z.string().optional(), password: z.string().optional() }),
  ),
});

export interface Login {
  user: string;
  password: string;
}

/** Whom the nodes pull as: from a docker config in base64, as DORIS users have it, or a plain token. Undefined: the config has no usable entry for the registry. */
export function pullLogin(token: string, registry: string, user: string): Login | undefined {
  const config = dockerConfig(token);
  if (config === undefined) return { user, password: token };
  const { auth, username, password } = config.auths[registry] ?? config.auths[`https://${registry}`] ?? {};
  if (username !== undefined && password !== undefined) return { user: username, password };
  const [, name, secret] = /^([^:]*):(.+)$/s.exec(Buffer.from(auth ?? '', 'base64').toString()) ?? [];
  return name === undefined || secret === undefined ? undefined : { user: name, password: secret };
}

function dockerConfig(token: string): z.infer<typeof DockerConfig> | undefined {
  try {
    return DockerConfig.safeParse(JSON.parse(Buffer.from(token, 'base64').toString())).data;
  } catch {
    return undefined;
  }
}
