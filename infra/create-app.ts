import { join } from 'node:path';
import { App, type AppProps, Tags } from 'aws-cdk-lib';
import { bundleFunctions } from './bundle.ts';
import { stackNames } from '#contracts/physical-names.ts';
import { readEnvironment } from './environments.ts';
import { StatefulStack } from './stacks/stateful.ts';
import { StatelessStack } from './stacks/stateless.ts';

/**
 * Both stacks of one environment.
 *
 * `bundles` is where the functions' bundles are; left out, they are made. Deployed environments belong to
 * whatever account the CDK runs as (nothing is looked up, so they synthesize without one).
 */
export function createApp(
  options: AppProps & { readonly bundles?: string; readonly env?: NodeJS.ProcessEnv } = {},
): App {
  const { bundles, env = process.env, ...props } = options;
  const app = new App({ analyticsReporting: false, ...props });
  const environment = readEnvironment(app.node, env);
  const account = env['CDK_DEFAULT_ACCOUNT'];
  const region = env['CDK_DEFAULT_REGION'];
  const common = {
    environment,
    env: {
      ...(account === undefined ? {} : { account }),
      ...(region === undefined ? {} : { region }),
    },
  };
  const stacks = stackNames(environment.name);
  const stateful = new StatefulStack(app, stacks.stateful, common);
  const stateless = new StatelessStack(app, stacks.stateless, {
    ...common,
    // In the assembly's own folder: two synths at once (tests, a running stack) don't meet.
    bundles: bundles ?? bundleFunctions(join(app.outdir, 'functions')),
  });
  // By name, not by reference: CloudFormation can't see that tables come first.
  stateless.addStackDependency(stateful);
  Tags.of(app).add('project', 'titleholder');
  Tags.of(app).add('environment', environment.name);
  return app;
}
