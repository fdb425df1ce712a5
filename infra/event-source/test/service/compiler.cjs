// What serverless-plugin-typescript does: the code is compiled into a folder of its own, which is the framework's path from then on.
const { cpSync } = require('node:fs')
const { join } = require('node:path')

module.exports = class {
  constructor({ config, serviceDir }) {
    const compile = async () => {
      config.servicePath = join(serviceDir, '.build')
      cpSync(join(serviceDir, 'src'), join(config.servicePath, 'src'), { recursive: true })
    }
    this.hooks = { 'before:offline:start:init': compile }
  }
}
