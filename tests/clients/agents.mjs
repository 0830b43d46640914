// @openai/agents: a handoff and a tool, by way of chat completions and of responses. The agents are
// told apart by their models' names.
import OpenAI from 'openai';
import {
  Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, run, setTracingDisabled, tool,
} from '@openai/agents';
import { z } from 'zod';

setTracingDisabled(true);
const client = new OpenAI({ baseURL: process.env.BASE_URL, apiKey: 'nobody', maxRetries: 0 });
const say = (...words) => console.log(...words);

const refund = tool({
  name: 'refund',
  description: 'Pays an order back.',
  parameters: z.object({ order: z.string() }),
  execute: async ({ order }) => `refunded ${order}`,
});

async function talk(Model, suffix, stream) {
  const billing = new Agent({
    name: 'billing', instructions: 'You refund.', tools: [refund],
    model: new Model(client, `billing${suffix}`),
  });
  const triage = new Agent({
    name: 'triage', instructions: 'You hand off.', handoffs: [billing],
    model: new Model(client, `triage${suffix}`),
  });
  const result = await run(triage, 'Refund my order, please.', { stream });
  if (stream) {
    for await (const event of result) {
      if (event.type === 'run_item_stream_event') say(event.name);
    }
    await result.completed;
  }
  for (const item of result.newItems) say(item.type, item.rawItem?.name ?? '');
  say(result.lastAgent.name, '-', result.finalOutput);
}

say('== chat completions');
await talk(OpenAIChatCompletionsModel, '', false);
say('== responses, streamed');
await talk(OpenAIResponsesModel, '-responses', true);
