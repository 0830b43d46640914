// @anthropic-ai/sdk: messages whole, streamed, with tools, refused.
import Anthropic from '@anthropic-ai/sdk';

// The package puts /v1 in front of its paths by itself.
const baseURL = process.env.BASE_URL.replace(/\/v1$/, '');
const client = new Anthropic({ baseURL, apiKey: 'anthropic', maxRetries: 0 });
const say = (...words) => console.log(...words);
const model = 'claude-test';
const ask = { model, max_tokens: 100, system: 'Be brief.', messages: [{ role: 'user', content: 'Hi' }] };
const tools = [{
  name: 'weather',
  description: 'How warm is it?',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}];

say('== whole');
const whole = await client.messages.create(ask);
say(whole.type, whole.role, whole.model, whole.stop_reason, JSON.stringify(whole.content));

say('== streamed');
for await (const event of await client.messages.create({ ...ask, stream: true })) {
  say(event.type, event.delta?.text ?? event.delta?.stop_reason ?? '');
}

say('== tools');
const asked = await client.messages.create({ ...ask, tools });
say(asked.stop_reason, JSON.stringify(asked.content));
const use = asked.content.find((block) => block.type === 'tool_use');
const answer = await client.messages.create({
  ...ask, tools,
  messages: [...ask.messages, { role: 'assistant', content: asked.content },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: use.id, content: '4 degrees' }] }],
});
say(answer.content[0].text);

say('== tools, streamed and put together by the package');
const final = await client.messages.stream({ ...ask, tools }).finalMessage();
say(final.stop_reason, JSON.stringify(final.content));

say('== refused');
try {
  await client.messages.create(ask);
} catch (e) {
  say(e.constructor.name, e.status, JSON.stringify(e.error));
}
say('== models');
for await (const one of client.models.list()) say(one.type, one.id);
