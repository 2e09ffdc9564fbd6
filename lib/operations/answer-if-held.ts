import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';

/** A conditional write's answer; undefined when its condition did not hold. Throws what else went wrong. */
export async function answerIfHeld<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}

/** Whether a conditional write's condition held. Throws what else went wrong. */
export const hasHeld = async (answer: Promise<object>): Promise<boolean> => (await answerIfHeld(answer)) !== undefined;
