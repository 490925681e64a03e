/**
 * The ways to name one secret in AWS Secrets Manager.
 *
 * @module
 */

/** A secret as a configuration names it. */
export interface AwsSecretId {
  /** The region that an ARN names. */
  readonly region?: string;
  /** The account that an ARN names. */
  readonly account?: string;
  /** The secret's name, without what AWS appends to it in an ARN. */
  readonly name: string;
}

/**
 * Takes a name, a whole ARN, or an ARN without its end apart.
 *
 * AWS takes a hyphen and six letters or digits at the end of an ARN for what it appended itself.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen
 */
export function parseAwsSecretId(secret: string): AwsSecretId {
  const arn = /^arn:[^:]*:secretsmanager:([^:]*):([^:]*):secret:(.+)$/.exec(secret);
  if (!arn) return { name: secret };
  const [, region, account, name] = arn;
  return { region, account, name: name.replace(/-[A-Za-z0-9]{6}$/, "") };
}
