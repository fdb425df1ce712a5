const { values } = require('./values')

exports.handler = async event => {
  console.log(`got ${values(event)} ${process.env.GREETING}`)
}
