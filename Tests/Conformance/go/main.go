// AWS's SDK for Go, as a program uses it: its types, its waiters and pages, and its errors. Prints what it saw as JSON.
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	writetypes "github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"
	"github.com/aws/smithy-go"
)

var ctx = context.Background()
var told = map[string]interface{}{}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// The code and the words of a refusal.
func refusal(err error) []string {
	var refused smithy.APIError
	if !errors.As(err, &refused) {
		return []string{fmt.Sprint(err)}
	}
	return []string{refused.ErrorCode(), refused.ErrorMessage()}
}

type address struct {
	City string   `dynamodbav:"city"`
	Tags []string `dynamodbav:"tags,stringset"`
}

type order struct {
	Customer string                  `dynamodbav:"customer"`
	Number   int                     `dynamodbav:"number"`
	Amount   float64                 `dynamodbav:"amount"`
	Paid     bool                    `dynamodbav:"paid"`
	Placed   time.Time               `dynamodbav:"placed"`
	Until    attributevalue.UnixTime `dynamodbav:"until"`
	Picture  []byte                  `dynamodbav:"picture"`
	Address  *address                `dynamodbav:"address"`
	Lines    []map[string]int        `dynamodbav:"lines"`
	Note     *string                 `dynamodbav:"note"`
}

func tables(configuration aws.Config) {
	client := dynamodb.NewFromConfig(configuration)
	name := aws.String("go-orders")
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: name, BillingMode: dynamodbtypes.BillingModePayPerRequest,
		AttributeDefinitions: []dynamodbtypes.AttributeDefinition{
			{AttributeName: aws.String("customer"), AttributeType: dynamodbtypes.ScalarAttributeTypeS},
			{AttributeName: aws.String("number"), AttributeType: dynamodbtypes.ScalarAttributeTypeN}},
		KeySchema: []dynamodbtypes.KeySchemaElement{
			{AttributeName: aws.String("customer"), KeyType: dynamodbtypes.KeyTypeHash}, {AttributeName: aws.String("number"), KeyType: dynamodbtypes.KeyTypeRange}},
	})
	check(err)
	check(dynamodb.NewTableExistsWaiter(client, func(options *dynamodb.TableExistsWaiterOptions) { options.MinDelay = 10 * time.Millisecond }).Wait(
		ctx, &dynamodb.DescribeTableInput{TableName: name}, time.Minute))

	// A value comes back as it was.
	sent := order{
		"anna", 1, 9.75, true, time.Date(2024, 2, 29, 1, 2, 3, 456789000, time.UTC), attributevalue.UnixTime(time.Unix(1700000000, 0).UTC()), []byte{0, 255},
		&address{"Köln", []string{"a", "b"}}, []map[string]int{{"tea": 2}, {}}, nil}
	item, err := attributevalue.MarshalMap(sent)
	check(err)
	_, err = client.PutItem(ctx, &dynamodb.PutItemInput{TableName: name, Item: item, ConditionExpression: aws.String("attribute_not_exists(customer)")})
	check(err)
	key := map[string]dynamodbtypes.AttributeValue{"customer": item["customer"], "number": item["number"]}
	read, err := client.GetItem(ctx, &dynamodb.GetItemInput{TableName: name, Key: key, ConsistentRead: aws.Bool(true)})
	check(err)
	var got order
	check(attributevalue.UnmarshalMap(read.Item, &got))
	sort.Strings(got.Address.Tags)
	got.Until = attributevalue.UnixTime(time.Time(got.Until).UTC())
	first, _ := json.Marshal(sent)
	second, _ := json.Marshal(got)
	told["same"] = string(first) == string(second)
	_, err = client.PutItem(ctx, &dynamodb.PutItemInput{TableName: name, Item: item, ConditionExpression: aws.String("attribute_not_exists(customer)")})
	var failed *dynamodbtypes.ConditionalCheckFailedException
	told["condition"] = errors.As(err, &failed)

	// Built expressions.
	built, err := expression.NewBuilder().
		WithUpdate(expression.Set(expression.Name("amount"), expression.Name("amount").Plus(expression.Value(0.25))).
			Set(expression.Name("address.city"), expression.Value("Bonn")).Remove(expression.Name("lines[1]")).
			Delete(expression.Name("address.tags"), expression.Value(&dynamodbtypes.AttributeValueMemberSS{Value: []string{"a"}}))).
		WithCondition(expression.Name("paid").Equal(expression.Value(true)).And(expression.Name("lines").Size().Equal(expression.Value(2)))).Build()
	check(err)
	updated, err := client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: name, Key: key, UpdateExpression: built.Update(), ConditionExpression: built.Condition(), ExpressionAttributeNames: built.Names(),
		ExpressionAttributeValues: built.Values(), ReturnValues: dynamodbtypes.ReturnValueAllNew})
	check(err)
	check(attributevalue.UnmarshalMap(updated.Attributes, &got))
	told["updated"] = []interface{}{got.Amount, got.Address.City, got.Address.Tags, len(got.Lines)}

	// Many writers at once, and pages of what they wrote.
	var group sync.WaitGroup
	for batch := 0; batch < 10; batch++ {
		group.Add(1)
		go func(batch int) {
			defer group.Done()
			requests := []dynamodbtypes.WriteRequest{}
			for number := batch * 25; number < batch*25+25; number++ {
				item, err := attributevalue.MarshalMap(map[string]interface{}{"customer": "many", "number": number, "text": strings.Repeat("x", 10_000)})
				check(err)
				requests = append(requests, dynamodbtypes.WriteRequest{PutRequest: &dynamodbtypes.PutRequest{Item: item}})
			}
			answer, err := client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]dynamodbtypes.WriteRequest{*name: requests}})
			check(err)
			if len(answer.UnprocessedItems) > 0 {
				check(errors.New("not all was written"))
			}
		}(batch)
	}
	group.Wait()
	asked, err := expression.NewBuilder().WithKeyCondition(expression.Key("customer").Equal(expression.Value("many"))).
		WithProjection(expression.NamesList(expression.Name("number"))).Build()
	check(err)
	pages := dynamodb.NewQueryPaginator(client, &dynamodb.QueryInput{
		TableName: name, KeyConditionExpression: asked.KeyCondition(), ProjectionExpression: asked.Projection(), ExpressionAttributeNames: asked.Names(),
		ExpressionAttributeValues: asked.Values()})
	count, rows, inOrder := 0, 0, true
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		check(err)
		count++
		for _, item := range page.Items {
			inOrder = inOrder && item["number"].(*dynamodbtypes.AttributeValueMemberN).Value == strconv.Itoa(rows)
			rows++
		}
	}
	told["pages"] = []interface{}{count, rows, inOrder}

	// A transaction that is cancelled, with its reasons.
	_, err = client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []dynamodbtypes.TransactWriteItem{
		{Delete: &dynamodbtypes.Delete{TableName: name, Key: key}},
		{Put: &dynamodbtypes.Put{
			TableName: name, ConditionExpression: aws.String("attribute_exists(customer)"), ReturnValuesOnConditionCheckFailure: "ALL_OLD",
			Item: map[string]dynamodbtypes.AttributeValue{
				"customer": &dynamodbtypes.AttributeValueMemberS{Value: "nobody"}, "number": &dynamodbtypes.AttributeValueMemberN{Value: "1"}}}}}})
	var cancelled *dynamodbtypes.TransactionCanceledException
	if errors.As(err, &cancelled) {
		reasons := []string{}
		for _, reason := range cancelled.CancellationReasons {
			reasons = append(reasons, *reason.Code)
		}
		told["reasons"] = reasons
	}
	_, err = client.GetItem(ctx, &dynamodb.GetItemInput{TableName: name, Key: map[string]dynamodbtypes.AttributeValue{}})
	told["key"] = refusal(err)
	_, err = client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: name})
	check(err)
	check(dynamodb.NewTableNotExistsWaiter(client, func(options *dynamodb.TableNotExistsWaiterOptions) { options.MinDelay = 10 * time.Millisecond }).Wait(
		ctx, &dynamodb.DescribeTableInput{TableName: name}, time.Minute))
}

func queues(configuration aws.Config) {
	client := sqs.NewFromConfig(configuration)
	made, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{
		QueueName: aws.String("go-jobs"), Attributes: map[string]string{"VisibilityTimeout": "600"}, Tags: map[string]string{"team": "go"}})
	check(err)
	url := made.QueueUrl
	// Digests are checked by the client.
	attributes := map[string]sqstypes.MessageAttributeValue{
		"number": {DataType: aws.String("Number"), StringValue: aws.String("5")}, "bytes": {DataType: aws.String("Binary"), BinaryValue: []byte{0, 255}}}
	entries := []sqstypes.SendMessageBatchRequestEntry{}
	for number := 0; number < 10; number++ {
		entries = append(entries, sqstypes.SendMessageBatchRequestEntry{
			Id: aws.String(strconv.Itoa(number)), MessageBody: aws.String(fmt.Sprintf("job <%d> & é", number)), MessageAttributes: attributes})
	}
	sent, err := client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: url, Entries: entries})
	check(err)
	bodies := map[string]bool{}
	deleted := 0
	for len(bodies) < 10 {
		answer, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: 5, MessageAttributeNames: []string{"All"}, AttributeNames: []sqstypes.QueueAttributeName{"All"}})
		check(err)
		entries := []sqstypes.DeleteMessageBatchRequestEntry{}
		for _, message := range answer.Messages {
			if message.Attributes["ApproximateReceiveCount"] == "1" && string(message.MessageAttributes["bytes"].BinaryValue) == "\x00\xff" {
				bodies[*message.Body] = true
			}
			entries = append(entries, sqstypes.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(len(entries))), ReceiptHandle: message.ReceiptHandle})
		}
		if len(entries) > 0 {
			answer, err := client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: url, Entries: entries})
			check(err)
			deleted += len(answer.Successful)
		}
	}
	told["messages"] = []int{len(sent.Successful), len(bodies), deleted}
	_, err = client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("one"), MessageAttributes: attributes})
	check(err)
	one, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 5})
	check(err)
	_, err = client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: one.Messages[0].ReceiptHandle})
	check(err)
	numbers, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: url, AttributeNames: []sqstypes.QueueAttributeName{"ApproximateNumberOfMessages", "VisibilityTimeout"}})
	check(err)
	told["attributes"] = numbers.Attributes
	tags, err := client.ListQueueTags(ctx, &sqs.ListQueueTagsInput{QueueUrl: url})
	check(err)
	told["tags"] = tags.Tags
	_, err = client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("go-gone")})
	var missing *sqstypes.QueueDoesNotExist
	told["queue"] = errors.As(err, &missing)
	_, err = client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: aws.String("none")})
	var invalid *sqstypes.ReceiptHandleIsInvalid
	told["handle"] = errors.As(err, &invalid)
	_, err = client.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: url})
	check(err)
}

func parameters(configuration aws.Config) {
	client := ssm.NewFromConfig(configuration)
	names := []string{}
	for number := 0; number < 12; number++ {
		name := fmt.Sprintf("/go/%02d", number)
		names = append(names, name)
		answer, err := client.PutParameter(ctx, &ssm.PutParameterInput{Name: aws.String(name), Value: aws.String(strconv.Itoa(number)), Type: ssmtypes.ParameterTypeSecureString})
		check(err)
		told["version"] = answer.Version
	}
	pages := ssm.NewGetParametersByPathPaginator(client, &ssm.GetParametersByPathInput{Path: aws.String("/go"), WithDecryption: aws.Bool(true)})
	values := []string{}
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		check(err)
		for _, parameter := range page.Parameters {
			values = append(values, *parameter.Value)
		}
	}
	told["parameters"] = strings.Join(values, " ")
	_, err := client.PutParameter(ctx, &ssm.PutParameterInput{Name: aws.String(names[0]), Value: aws.String("x")})
	var exists *ssmtypes.ParameterAlreadyExists
	told["exists"] = errors.As(err, &exists)
	_, err = client.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String("/go/gone")})
	var missing *ssmtypes.ParameterNotFound
	told["parameter"] = errors.As(err, &missing)
	for start := 0; start < len(names); start += 10 {
		end := start + 10
		if end > len(names) {
			end = len(names)
		}
		_, err = client.DeleteParameters(ctx, &ssm.DeleteParametersInput{Names: names[start:end]})
		check(err)
	}
}

func series(configuration aws.Config) {
	write, query := timestreamwrite.NewFromConfig(configuration), timestreamquery.NewFromConfig(configuration)
	database, table := aws.String("go_series"), aws.String("sensors")
	_, err := write.CreateDatabase(ctx, &timestreamwrite.CreateDatabaseInput{DatabaseName: database})
	check(err)
	_, err = write.CreateTable(ctx, &timestreamwrite.CreateTableInput{DatabaseName: database, TableName: table})
	check(err)
	now := time.Now().UnixMilli()
	records := []writetypes.Record{}
	for number := int64(0); number < 100; number++ {
		records = append(records, writetypes.Record{Time: aws.String(strconv.FormatInt(now-number*1000, 10)), MeasureValues: []writetypes.MeasureValue{
			{Name: aws.String("heat"), Value: aws.String(strconv.FormatFloat(float64(number)/4, 'f', -1, 64)), Type: writetypes.MeasureValueTypeDouble},
			{Name: aws.String("state"), Value: aws.String("é"), Type: writetypes.MeasureValueTypeVarchar}}})
	}
	common := &writetypes.Record{
		MeasureName: aws.String("reading"), MeasureValueType: writetypes.MeasureValueTypeMulti, Version: aws.Int64(2),
		Dimensions: []writetypes.Dimension{{Name: aws.String("sensor"), Value: aws.String("a")}}}
	answer, err := write.WriteRecords(ctx, &timestreamwrite.WriteRecordsInput{DatabaseName: database, TableName: table, CommonAttributes: common, Records: records})
	check(err)
	told["ingested"] = answer.RecordsIngested.Total
	common.Version = aws.Int64(1)
	records[7].MeasureValues[0].Value = aws.String("0")
	_, err = write.WriteRecords(ctx, &timestreamwrite.WriteRecordsInput{DatabaseName: database, TableName: table, CommonAttributes: common, Records: records[7:8]})
	var rejected *writetypes.RejectedRecordsException
	if errors.As(err, &rejected) {
		told["rejected"] = []interface{}{len(rejected.RejectedRecords), rejected.RejectedRecords[0].RecordIndex, *rejected.RejectedRecords[0].ExistingVersion}
	}
	pages := timestreamquery.NewQueryPaginator(query, &timestreamquery.QueryInput{
		QueryString: aws.String("SELECT sensor, time, heat, state FROM go_series.sensors ORDER BY time DESC"), MaxRows: aws.Int32(40)})
	rows, sum := []int{}, 0.0
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		check(err)
		rows = append(rows, len(page.Rows))
		for _, row := range page.Rows {
			heat, err := strconv.ParseFloat(*row.Data[2].ScalarValue, 64)
			check(err)
			sum += heat
		}
	}
	told["rows"] = []interface{}{rows, sum}
	_, err = query.Query(ctx, &timestreamquery.QueryInput{QueryString: aws.String("SELECT nothing FROM go_series.sensors")})
	told["query"] = refusal(err)
	_, err = write.DeleteTable(ctx, &timestreamwrite.DeleteTableInput{DatabaseName: database, TableName: table})
	check(err)
	_, err = write.DeleteDatabase(ctx, &timestreamwrite.DeleteDatabaseInput{DatabaseName: database})
	check(err)
}

func functions(configuration aws.Config) {
	client := lambda.NewFromConfig(configuration)
	name := aws.String(os.Getenv("FUNCTION"))
	answer, err := client.Invoke(ctx, &lambda.InvokeInput{FunctionName: name, Payload: []byte("{}"), LogType: lambdatypes.LogTypeTail})
	check(err)
	log, err := base64.StdEncoding.DecodeString(*answer.LogResult)
	check(err)
	told["invoked"] = []interface{}{answer.StatusCode, answer.FunctionError == nil, json.Valid(answer.Payload), strings.Contains(string(log), "END RequestId: ")}
	found := false
	pages := lambda.NewListFunctionsPaginator(client, &lambda.ListFunctionsInput{MaxItems: aws.Int32(1)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		check(err)
		for _, function := range page.Functions {
			found = found || *function.FunctionName == *name
		}
	}
	told["listed"] = found
	_, err = client.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String("nobody")})
	var missing *lambdatypes.ResourceNotFoundException
	told["function"] = errors.As(err, &missing)
	described, err := client.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: name})
	check(err)
	told["state"] = described.Configuration.State
}

func main() {
	// This version does not know AWS_ENDPOINT_URL yet.
	resolver := aws.EndpointResolverWithOptionsFunc(func(service, region string, options ...interface{}) (aws.Endpoint, error) {
		return aws.Endpoint{URL: os.Getenv("AWS_ENDPOINT_URL"), SigningRegion: region}, nil
	})
	configuration, err := config.LoadDefaultConfig(ctx, config.WithEndpointResolverWithOptions(resolver))
	check(err)
	who, err := sts.NewFromConfig(configuration).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	check(err)
	told["who"] = *who.Arn
	tables(configuration)
	queues(configuration)
	parameters(configuration)
	series(configuration)
	functions(configuration)
	check(json.NewEncoder(os.Stdout).Encode(told))
}
