// Imported before anything else: tRPC and Next read NODE_ENV while they load. Unset it means
// development, with stacks in responses.
Object.assign(process.env, {
  NODE_ENV: process.env.NODE_ENV || 'production',
  NEXT_TELEMETRY_DISABLED: '1',
})
