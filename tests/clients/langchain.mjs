// @langchain/openai: whole, streamed, with a tool, and by way of responses.
import { ChatOpenAI } from '@langchain/openai';
import { HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { z } from 'zod';

const options = {
  model: 'gpt-test', apiKey: 'langchain', maxRetries: 0, configuration: { baseURL: process.env.BASE_URL },
};
const model = new ChatOpenAI(options);
const say = (...words) => console.log(...words);
const messages = [new SystemMessage('Be brief.'), new HumanMessage('Hi')];

say('== whole');
const whole = await model.invoke(messages);
say(whole.content, whole.response_metadata.finish_reason);

say('== streamed');
let joined;
for await (const chunk of await model.stream(messages)) {
  if (chunk.content) say(JSON.stringify(chunk.content));
  joined = joined ? joined.concat(chunk) : chunk;
}
say(joined.content);

say('== tool');
const weather = tool(async ({ city }) => `4 degrees in ${city}`, {
  name: 'weather', description: 'How warm is it?', schema: z.object({ city: z.string() }),
});
const bound = model.bindTools([weather]);
const asked = await bound.invoke(messages);
say(JSON.stringify(asked.tool_calls));
const result = await weather.invoke(asked.tool_calls[0]);
say(result instanceof ToolMessage, result.content);
const answer = await bound.invoke([...messages, asked, result]);
say(answer.content);

say('== responses');
const other = await new ChatOpenAI({ ...options, useResponsesApi: true }).invoke(messages);
say(other.text);
