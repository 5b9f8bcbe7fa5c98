import type { Command } from 'commander';
import { catalog } from '../../contract/catalog-data';
import { experimentJsonSchema } from '../../contract/experiment';
import { printJson } from '../answer';

export const defineSchema = (program: Command): Command =>
  program
    .command('schema')
    .description('print the JSON Schema of the experiment file')
    .action(() => printJson(experimentJsonSchema(catalog)));
