/**
 * Targets: the places a token is delivered to, and what it takes to add one of your own.
 *
 * @module
 */
export { fingerprint } from "./fingerprint.ts";
export { targets } from "./registry.ts";
export {
  type Delivery,
  type Proof,
  type ProofKind,
  type Receipt,
  type Schema,
  type SchemaIssue,
  type SchemaResult,
  type Target,
  type TargetContext,
  type TargetDefinition,
  type TargetEnvironment,
  TargetError,
  type TargetErrorCode,
  type TokenStore,
} from "./target.ts";
export {
  SIGNATURE_HEADER,
  verifyWebhook,
  type VerifyWebhookOptions,
  type WebhookDelivery,
  type WebhookVerification,
} from "./webhook_signature.ts";
