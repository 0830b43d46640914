// The openai package: chat whole, streamed, with tools, with faults; responses whole, streamed, tools.
import OpenAI from 'openai';

const baseURL = process.env.BASE_URL;
const chat = new OpenAI({ baseURL, apiKey: 'openai-chat', maxRetries: 0 });
const retrying = new OpenAI({ baseURL, apiKey: 'openai-retry', maxRetries: 2 });
const responses = new OpenAI({ baseURL, apiKey: 'openai-responses', maxRetries: 0 });
const say = (...words) => console.log(...words);
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const tools = [{ type: 'function', function: { name: 'weather', parameters } }];
const model = 'gpt-test';

say('== models');
for await (const one of chat.models.list()) say(one.id);

say('== chat, whole');
const messages = [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Capital?' }];
const whole = await chat.chat.completions.create({ model, messages, temperature: 0.2 });
say(whole.object, whole.model, whole.choices[0].finish_reason, whole.choices[0].message.content);

say('== chat, streamed');
const stream = await chat.chat.completions.create({
  model, messages, stream: true, stream_options: { include_usage: true },
});
for await (const chunk of stream) {
  const choice = chunk.choices[0];
  if (choice) say(JSON.stringify(choice.delta.content ?? null), choice.finish_reason);
  if (chunk.usage) say('usage', chunk.usage.total_tokens);
}

say('== chat, two tool calls at once');
const asked = await chat.chat.completions.create({ model, messages, tools });
const calls = asked.choices[0].message.tool_calls;
say(asked.choices[0].finish_reason, JSON.stringify(calls));
const after = await chat.chat.completions.create({
  model, tools,
  messages: [...messages, asked.choices[0].message,
    ...calls.map((c) => ({ role: 'tool', tool_call_id: c.id, content: '{"degrees":4}' }))],
});
say(after.choices[0].message.content);

say('== chat, streamed with a tool call, put together by the package');
const runner = chat.chat.completions.stream({ model, messages, tools });
const final = await runner.finalChatCompletion();
say(final.choices[0].finish_reason, final.choices[0].message.content,
  JSON.stringify(final.choices[0].message.tool_calls[0].function.arguments),
  final.choices[0].message.tool_calls[0].id);

say('== chat, structured output');
const format = { type: 'json_schema', json_schema: { name: 'place', schema: { type: 'object' } } };
const shaped = await chat.chat.completions.create({ model, messages, response_format: format });
say(JSON.parse(shaped.choices[0].message.content).degrees);

say('== faults');
const failing = async (what, work) => {
  try {
    await work();
    say(what, 'did not fail');
  } catch (e) {
    say(what, e.constructor.name, e.status ?? '', e.error?.message ?? '', e.headers?.get?.('retry-after') ?? '');
  }
};
await failing('429:', () => chat.chat.completions.create({ model, messages }));
const parts = [];
await failing('cut:', async () => {
  const cut = await chat.chat.completions.create({ model, messages, stream: true });
  for await (const chunk of cut) parts.push(chunk.choices[0].delta.content);
});
say(JSON.stringify(parts));
await failing('malformed:', () => chat.chat.completions.create({ model, messages }));
await failing('timeout:', () => chat.chat.completions.create({ model, messages }, { timeout: 300 }));
await failing('ill:', () => chat.chat.completions.create({ model, messages }));
await failing('exhausted:', () => chat.chat.completions.create({ model, messages }));
const second = await retrying.chat.completions.create({ model, messages });
say('retried:', second.choices[0].message.content);

say('== responses, whole');
const one = await responses.responses.create({ model, instructions: 'Be brief.', input: 'Hello' });
say(one.object, one.status, one.output_text);

say('== responses, streamed');
const events = await responses.responses.create({ model, input: 'Hello', stream: true });
for await (const event of events) {
  say(event.sequence_number, event.type, event.delta ?? '', event.response?.output_text ?? '');
}

say('== responses, with tools');
const flat = [{ type: 'function', name: 'weather', parameters, strict: true }];
const input = [{ role: 'user', content: 'How warm is it?' }];
const asking = await responses.responses.create({ model, input, tools: flat });
const call = asking.output.find((item) => item.type === 'function_call');
say(call.name, call.arguments, call.call_id, call.status);
const answer = await responses.responses.create({
  model, tools: flat,
  input: [...input, ...asking.output,
    { type: 'function_call_output', call_id: call.call_id, output: '{"degrees":4}' }],
});
say(answer.output_text);
const streamed = responses.responses.stream({ model, input, tools: flat });
const put = await streamed.finalResponse();
say(put.output_text, put.output.map((item) => item.type).join(' '), put.output[1].arguments);
