import Glibc
import Runtime

// The runner of the tests: what `dsotp runner` does, without the rest of the platform.
let refusal = await Runner.run() + "\n"
write(2, refusal, refusal.utf8.count)
exit(1)
