/**
 * Imported before everything else: zod compiles schemas with `new Function` unless told not to, and probes for that as
 * soon as a schema is built. The page's policy forbids it, and even a caught attempt is reported as a violation.
 */
import { config } from 'zod';

config({ jitless: true });
