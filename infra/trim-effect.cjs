// Why does serverless-esbuild load fast on this machine? Of effect, of which it requires everything, only what it uses is bundled with it.
/** Package → what serverless-esbuild uses of it, as a module that leaves the rest to esbuild's tree shaking. */
const used = {
  effect: "export { Effect, Option, Predicate } from 'effect'",
  '@effect/platform': "export { Error, FileSystem } from '@effect/platform'",
  '@effect/platform-node': "export * as NodeFileSystem from '@effect/platform-node/NodeFileSystem'"
}

module.exports = {
  name: 'trim-effect',
  setup(build) {
    build.onResolve({ filter: /^(effect|@effect\/platform(-node)?)$/ }, ({ path, kind, importer }) =>
      kind === 'require-call' && importer.includes('serverless-esbuild')
        ? { path, namespace: 'trim-effect', pluginData: require('node:path').dirname(importer) }
        : undefined
    )
    build.onLoad({ filter: /./, namespace: 'trim-effect' }, ({ path, pluginData }) => ({ contents: used[path], resolveDir: pluginData }))
  }
}
