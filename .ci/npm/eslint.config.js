/** What no script of the page does. Names and types are the compiler's part (tsconfig.json). */

/**
 * Every export says in a comment what it is for.
 *
 * @type {import("eslint").Rule.RuleModule}
 */
const documentedExports = {
  meta: { type: "suggestion", messages: { missing: "This export needs a comment: /** … */" } },
  create(context) {
    /** @param {import("estree").ExportNamedDeclaration | import("estree").ExportDefaultDeclaration} node */
    const check = (node) => {
      const comment = context.sourceCode.getCommentsBefore(node).at(-1);
      if (node.declaration && !comment?.value.startsWith("*")) {
        context.report({ node, messageId: "missing" });
      }
    };
    return { ExportNamedDeclaration: check, ExportDefaultDeclaration: check };
  },
};

const unsafe = "Text of others must stay text: use textContent.";

/** @type {import("eslint").Linter.Config[]} */
export default [
  {
    files: ["**/*.js", "**/*.mjs"],
    linterOptions: { reportUnusedDisableDirectives: "error" },
    plugins: { page: { rules: { "documented-exports": documentedExports } } },
    rules: {
      "array-callback-return": "error",
      "arrow-body-style": "error",
      curly: ["error", "multi-line"],
      "default-case-last": "error",
      eqeqeq: "error",
      "no-console": "error",
      "no-constant-condition": "error",
      "no-else-return": "error",
      "no-empty": "error",
      "no-eval": "error",
      "no-extend-native": "error",
      "no-implied-eval": "error",
      "no-lonely-if": "error",
      "no-loop-func": "error",
      "no-new-func": "error",
      "no-promise-executor-return": "error",
      "no-restricted-globals": [
        "error",
        { name: "Date", message: "Seconds are the server's: count from performance.now()." },
        { name: "alert", message: "Say it on the page." },
      ],
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: unsafe },
        { property: "outerHTML", message: unsafe },
        { property: "insertAdjacentHTML", message: unsafe },
        { object: "document", property: "write", message: unsafe },
      ],
      "no-return-assign": "error",
      "no-sequences": "error",
      "no-shadow": "error",
      "no-throw-literal": "error",
      "no-undef-init": "error",
      "no-unneeded-ternary": "error",
      "no-unused-expressions": "error",
      "no-use-before-define": ["error", { functions: false, variables: false }],
      "no-useless-return": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "page/documented-exports": "error",
      "prefer-arrow-callback": "error",
      "prefer-const": "error",
      "prefer-template": "error",
      radix: "error",
      yoda: "error",
    },
  },
];
