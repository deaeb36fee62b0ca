// Imported before anything else: tRPC and Next read it while they load, and unset it means
// development to them, with stacks in answers.
Object.assign(process.env, {
  NODE_ENV: process.env.NODE_ENV || 'production',
  NEXT_TELEMETRY_DISABLED: '1',
})
