// Clients of JavaScript, each in what it can do, while the first of two providers is taken away.
//
// node clients.mjs URL FIRST SECOND, where URL is the stand's. One line of JSON for each client and ability:
// {client, package, ability, said: [what the first said, what the second said]} or {…, error}.
import OpenAI from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import Anthropic from '@anthropic-ai/sdk';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { GoogleGenAI } from '@google/genai';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import * as vercel from 'ai';
import { z } from 'zod';

const [url, first, second] = process.argv.slice(2);
const versioned = `${url}/v1`;
const model = 'claims-triage';
const apiKey = 'unused';
const maxTokens = 1000;
const City = z.object({ city: z.string(), people: z.number().int().min(1) });
const Policy = z.object({ policy: z.string(), year: z.number().int().min(1) });
const parameters = {
  type: 'object',
  properties: { policy: { type: 'string' }, year: { type: 'integer' } },
  required: ['policy', 'year'],
  additionalProperties: false,
};

const control = async (words) => {
  const answer = await fetch(`${url}/stand/${words}`, { method: 'POST' });
  if (!answer.ok) throw new Error(`the stand does not know ${words}`);
};

const lookup = async ({ policy, year }) => {
  if (policy !== 'twin' || year !== 1) throw new Error(`called with ${policy}, ${year}`);
  await control('take-away');
  return 'found it';
};

const asked = (content) => [{ role: 'user', content }];

function openaiChat() {
  const chat = new OpenAI({ baseURL: versioned, apiKey, maxRetries: 0 }).chat.completions;
  return {
    whole: async (prompt) => (await chat.create({ model, messages: asked(prompt) })).choices[0].message.content,
    stream: async (prompt) => {
      const final = await chat.stream({ model, messages: asked(prompt) }).finalChatCompletion();
      return final.choices[0].message.content;
    },
    loop: async (prompt) => {
      const tool = { name: 'lookup', description: 'Look a policy up.', parameters, parse: JSON.parse, function: lookup };
      return chat.runTools({ model, messages: asked(prompt), tools: [{ type: 'function', function: tool }] }).finalContent();
    },
    shape: async (prompt) => {
      const answer = await chat.parse({ model, messages: asked(prompt), response_format: zodResponseFormat(City, 'city') });
      return answer.choices[0].message.parsed;
    },
  };
}

function openaiResponses() {
  const { responses } = new OpenAI({ baseURL: versioned, apiKey, maxRetries: 0 });
  const tools = [{ type: 'function', name: 'lookup', parameters, strict: true }];
  return {
    whole: async (prompt) => (await responses.create({ model, input: prompt })).output_text,
    stream: async (prompt) => (await responses.stream({ model, input: prompt }).finalResponse()).output_text,
    loop: async (prompt) => {
      const input = asked(prompt);
      for (;;) {
        const answer = await responses.stream({ model, input, tools, store: false }).finalResponse();
        const calls = answer.output.filter((item) => item.type === 'function_call');
        if (!calls.length) return answer.output_text;
        input.push(...answer.output.map(({ parsed_arguments, ...item }) => item));
        for (const { call_id, arguments: written } of calls)
          input.push({ type: 'function_call_output', call_id, output: await lookup(JSON.parse(written)) });
      }
    },
    shape: async (prompt) =>
      (await responses.parse({ model, input: prompt, text: { format: zodTextFormat(City, 'city') } })).output_parsed,
  };
}

function anthropicMessages() {
  const { messages } = new Anthropic({ baseURL: url, apiKey, maxRetries: 0 });
  const textOf = (message) => message.content.map((block) => block.text ?? '').join('');
  const tools = [{ name: 'lookup', input_schema: parameters }];
  return {
    whole: async (prompt) => textOf(await messages.create({ model, max_tokens: maxTokens, messages: asked(prompt) })),
    stream: async (prompt) =>
      textOf(await messages.stream({ model, max_tokens: maxTokens, messages: asked(prompt) }).finalMessage()),
    loop: async (prompt) => {
      const turns = asked(prompt);
      for (;;) {
        const said = await messages.stream({ model, max_tokens: maxTokens, messages: turns, tools }).finalMessage();
        const calls = said.content.filter((block) => block.type === 'tool_use');
        if (!calls.length) return textOf(said);
        const content = [];
        for (const { id, input } of calls)
          content.push({ type: 'tool_result', tool_use_id: id, content: await lookup(input) });
        turns.push({ role: 'assistant', content: said.content }, { role: 'user', content });
      }
    },
    shape: async (prompt) => {
      const output_config = { format: zodOutputFormat(City) };
      return (await messages.parse({ model, max_tokens: maxTokens, messages: asked(prompt), output_config })).parsed_output;
    },
  };
}

function googleGenerate() {
  const { models } = new GoogleGenAI({ apiKey, httpOptions: { baseUrl: url } });
  const tools = [{ functionDeclarations: [{ name: 'lookup', parametersJsonSchema: parameters }] }];
  return {
    whole: async (prompt) => (await models.generateContent({ model, contents: prompt })).text,
    stream: async (prompt) => {
      let text = '';
      for await (const chunk of await models.generateContentStream({ model, contents: prompt })) text += chunk.text ?? '';
      return text;
    },
    loop: async (prompt) => {
      const contents = [{ role: 'user', parts: [{ text: prompt }] }];
      for (;;) {
        const answer = await models.generateContent({ model, contents, config: { tools } });
        const calls = answer.functionCalls ?? [];
        if (!calls.length) return answer.text;
        const parts = [];
        for (const { id, name, args } of calls)
          parts.push({ functionResponse: { id, name, response: { output: await lookup(args) } } });
        contents.push(answer.candidates[0].content, { role: 'user', parts });
      }
    },
    shape: async (prompt) => {
      const config = { responseMimeType: 'application/json', responseJsonSchema: z.toJSONSchema(City) };
      return City.parse(JSON.parse((await models.generateContent({ model, contents: prompt, config })).text));
    },
  };
}

function vercelSdk(spoken) {
  const always = { model: spoken, maxRetries: 0, maxOutputTokens: maxTokens };
  const tools = {
    lookup: vercel.tool({ description: 'Look a policy up.', inputSchema: Policy, execute: lookup }),
  };
  return {
    whole: async (prompt) => (await vercel.generateText({ ...always, prompt })).text,
    stream: async (prompt) => {
      const failures = [];
      const result = vercel.streamText({ ...always, prompt, onError: ({ error }) => failures.push(error) });
      const text = await result.text;
      if (failures.length) throw failures[0];
      return text;
    },
    loop: async (prompt) => {
      const stopWhen = (vercel.isStepCount ?? vercel.stepCountIs)(4);
      const result = vercel.streamText({ ...always, prompt, tools, stopWhen });
      return result.text;
    },
    shape: async (prompt) => {
      const output = vercel.Output.object({ schema: City });
      return (await vercel.generateText({ ...always, prompt, output })).output;
    },
  };
}

const clients = [
  ['openai (npm), chat completions', 'openai', openaiChat],
  ['openai (npm), responses', 'openai', openaiResponses],
  ['@anthropic-ai/sdk, messages', '@anthropic-ai/sdk', anthropicMessages],
  ['@google/genai, generateContent', '@google/genai', googleGenerate],
  [
    'Vercel AI SDK, @ai-sdk/openai on chat completions',
    '@ai-sdk/openai',
    () => vercelSdk(createOpenAI({ baseURL: versioned, apiKey }).chat(model)),
  ],
  [
    'Vercel AI SDK, @ai-sdk/openai on responses',
    '@ai-sdk/openai',
    () => vercelSdk(createOpenAI({ baseURL: versioned, apiKey }).responses(model)),
  ],
  [
    'Vercel AI SDK, @ai-sdk/openai-compatible',
    '@ai-sdk/openai-compatible',
    () => vercelSdk(createOpenAICompatible({ name: 'gateway', baseURL: versioned, apiKey, supportsStructuredOutputs: true })(model)),
  ],
  [
    'Vercel AI SDK, @ai-sdk/anthropic',
    '@ai-sdk/anthropic',
    () => vercelSdk(createAnthropic({ baseURL: versioned, apiKey })(model)),
  ],
  [
    'Vercel AI SDK, @ai-sdk/google',
    '@ai-sdk/google',
    () => vercelSdk(createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey })(model)),
  ],
];

const twice = (ask) => async (prompt) => {
  const before = await ask(prompt);
  await control('take-away');
  return [before, await ask(prompt)];
};
const abilities = {
  whole: (client) => twice(client.whole)('Is this urgent?'),
  stream: (client) => twice(client.stream)('Is this urgent?'),
  loop: async (client) => [await client.loop('Look it up.')],
  shape: (client) => twice(client.shape)('Which city?'),
};

globalThis.AI_SDK_LOG_WARNINGS = false;
for (const [client, library, make] of clients) {
  for (const [ability, judge] of Object.entries(abilities)) {
    const told = { client, package: library, ability };
    try {
      await control(`open/${first}/${second}`);
      told.said = await judge(make());
    } catch (error) {
      told.error = `${error?.name}: ${error?.message}`;
    }
    console.log(JSON.stringify(told));
  }
}
process.exit(0); // clients keep connections open
