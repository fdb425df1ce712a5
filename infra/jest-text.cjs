// How does jest import .sql, .html and .yml files? As text, like the bundles do.
module.exports = { process: source => ({ code: `module.exports = { __esModule: true, default: ${JSON.stringify(source)} }` }) }
