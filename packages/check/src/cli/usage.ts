export const usage = `Usage: idem-check URL [options]

Attacks an endpoint that claims idempotency, and prints what held.

  --body TEXT             the body ({{unique}}: another text for each intent)
  --header 'NAME: VALUE'  sent with each request; may be repeated
  --method METHOD         POST, PUT or PATCH (POST)
  --key-header NAME       the header of the key (Idempotency-Key)
  --key-in body#MEMBER    the key is a member of the JSON body
  --trpc                  a tRPC mutation: the key is the input's idempotencyKey
  --profile NAME          what is promised: ietf, stripe-v1, stripe-v2, idem (ietf)

  --count GET:/PATH#POINTER   counts effects: a list, or a number, in an answer
  --count-command COMMAND     counts effects: the number that a command prints

  --bad-body TEXT         a body that is refused
  --other-body TEXT       another body that is accepted (made from --body)
  --other-path PATH       another endpoint that accepts the body
  --other-method METHOD   another method that the endpoint accepts
  --as-other-user 'NAME: VALUE'   the header that makes another user
  --also URL              the endpoint on another server of the service
  --kill COMMAND          kills the server
  --start COMMAND         starts it again
  --retention SECONDS     how long its keys are kept; the check waits for it
  --patience SECONDS      how long a repeated request may stay without an answer

  --json                  the report as JSON
  --rate N                requests in a second, after 50 at once (100)
  --i-own-this HOST       allows a host that is not this machine

Exit code: 0 everything that was checked held, 1 something did not, 2 wrong
use or no verdict. The check makes things and deletes none.
`
