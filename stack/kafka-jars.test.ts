import { describe, expect, it } from '@jest/globals';
import { missingForKafka } from './kafka-jars.ts';

const unavailable = 'java is not in PATH and JAVA_HOME is not set';

describe('what Kafka needs and is not here', () => {
  it('is named at once, with one command', async () => {
    expect(await missingForKafka({ unavailable }, undefined)).toMatchObject({
      code: 'STACK_PROGRAM_MISSING',
      message: expect.stringMatching(/Java 17 or newer: java is not in PATH.*\n.*mvn is not in PATH/),
      fix: expect.stringMatching(/maven/i),
    });
  });

  it('leaves out what is here', async () => {
    const { message } = await missingForKafka('/usr/bin/java', undefined);
    expect(message).not.toContain('Java 17');
    expect(message).toContain('Maven, to fetch their jars once');
  });

  it('is not the embedded mode’s business', async () => {
    expect((await missingForKafka({ unavailable }, '/usr/bin/mvn')).message).toContain('the embedded mode does not');
  });
});
