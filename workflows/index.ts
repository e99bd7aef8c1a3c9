// The workflow types a worker registers: the bundler is given this folder.
export { runPipeline } from './run-pipeline.ts'
