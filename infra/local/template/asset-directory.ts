import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { TemplateError } from './template-error.ts';

const assetManifest = z.object({
  files: z.record(
    z.string(),
    z.object({
      source: z.looseObject({ path: z.string().optional() }),
      destinations: z.record(z.string(), z.looseObject({ objectKey: z.string() })),
    }),
  ),
});

/**
 * Reads `<stack>.assets.json` of a cloud assembly and gives a function from the S3 key that a template names to the
 * directory in the assembly that would be uploaded there.
 */
export function readAssetDirectories(assemblyDirectory: string, stackName: string): (s3Key: string) => string {
  const manifestPath = join(assemblyDirectory, `${stackName}.assets.json`);
  const manifest = assetManifest.parse(JSON.parse(readFileSync(manifestPath, 'utf8')));
  const paths = new Map<string, string>();
  for (const { source, destinations } of Object.values(manifest.files)) {
    for (const { objectKey } of Object.values(destinations)) {
      if (source.path !== undefined) paths.set(objectKey, join(assemblyDirectory, source.path));
    }
  }
  return (s3Key) => {
    const path = paths.get(s3Key);
    if (path === undefined) throw new TemplateError(`the assembly has no asset for the S3 key ${s3Key}`);
    return path;
  };
}
